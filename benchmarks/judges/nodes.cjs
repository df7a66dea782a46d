// Reads {documents: [{file, kind}]} on standard input; writes what each parser of npm and the JSON Feed schema say.
const { readFileSync } = require('node:fs')

const wanted = JSON.parse(readFileSync(0, 'utf8'))

function found(name) {
  try {
    return require(name)
  } catch {
    return null
  }
}

const rssParser = found('rss-parser')
const feedsmith = found('feedsmith')
const rowan = found('@rowanmanning/feed-parser')
const ajv = found('ajv')
const formats = found('ajv-formats')
const schema = found('jsonfeed-schema')

const link = (entry) => entry.links?.find((one) => !one.rel || one.rel === 'alternate')?.href

const PARSERS = {
  'rss-parser': rssParser && {
    kinds: ['rss', 'atom'],
    read: async (text) =>
      (await new rssParser().parseString(text)).items.map((one) => [one.guid ?? one.id, one.title, one.link]),
  },
  feedsmith: feedsmith && {
    kinds: ['rss', 'atom', 'json'],
    read: (text) => {
      const { format, feed } = feedsmith.parseFeed(text)
      if (format === 'atom') return (feed.entries ?? []).map((one) => [one.id, one.title?.value ?? one.title, link(one)])
      if (format === 'json') return (feed.items ?? []).map((one) => [one.id, one.title, one.url])
      return (feed.items ?? []).map((one) => [one.guid.value, one.title, one.link])
    },
  },
  '@rowanmanning/feed-parser': rowan && {
    kinds: ['rss', 'atom'],
    read: (text) => rowan.parseFeed(text).items.map((one) => [one.id, one.title, one.url]),
  },
}

async function main() {
  const read = {}
  for (const [name, parser] of Object.entries(PARSERS)) {
    read[name] = null
    if (!parser) continue
    read[name] = {}
    for (const { file, kind } of wanted.documents.filter((one) => parser.kinds.includes(one.kind))) {
      try {
        read[name][file] = { entries: await parser.read(readFileSync(file, 'utf8')) }
      } catch (error) {
        read[name][file] = { error: String(error) }
      }
    }
  }
  let judged = null
  if (ajv && formats && schema) {
    const one = new ajv.default({ allErrors: true, strict: false })
    formats.default(one)
    const valid = one.compile(schema)
    judged = {}
    for (const { file } of wanted.documents.filter((one) => one.kind === 'json')) {
      judged[file] = valid(JSON.parse(readFileSync(file, 'utf8')))
        ? []
        : valid.errors.map((error) => `${error.instancePath} ${error.message}`)
    }
  }
  process.stdout.write(JSON.stringify({ read, judged }))
}

main()
