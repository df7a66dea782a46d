"""What listings call their columns, labels and marks, in the languages boards are written in.

Words are a bonus to the shape of a listing, never a condition. Every word is lower case and compared with a whole,
folded label: ``role("글쓴이 :")`` is ``"source"``.
"""

import re
from functools import lru_cache
from typing import Final, Literal

Role = Literal["number", "title", "source", "date", "last", "views", "comments", "votes", "category", "file"]


def phrases(text: str) -> frozenset[str]:
    """Return the phrases of *text*, which bars part.

    >>> sorted(phrases("new | hot | top"))
    ['hot', 'new', 'top']
    """
    return frozenset(phrase for part in text.split("|") if (phrase := " ".join(part.split())))


_COLUMNS: Final[dict[Role, str]] = {
    "number": """
        번호 | 글번호 | 순번 | 연번 | no | no. | num | number | # | № | 番号 | 編號 | 编号 | 序号 | 序號 | stt | số |
        số thứ tự | ลำดับ | เลขที่ | номер | nr | nr. | n° | núm | núm.
    """,
    "title": """
        제목 | 글제목 | 제 목 | subject | title | headline | topic | topics | thread | threads | discussion | post |
        article | タイトル | 件名 | 題名 | 標題 | 标题 | 主題 | 主题 | 题目 | tiêu đề | chủ đề | หัวข้อ | เรื่อง |
        ชื่อเรื่อง | тема | темы | заголовок | название | titel | thema | themen | betreff | titre | sujet | sujets |
        título | asunto | tema | temas
    """,
    "source": """
        글쓴이 | 작성자 | 이름 | 닉네임 | 등록자 | 게시자 | 담당부서 | 담당자 | 부서 | 작성부서 | 언론사 | 출처 |
        매체 | 기자 | 글쓴분 | author | authors | writer | name | by | posted by | written by | source | publisher |
        submitter | poster | started by | department | 投稿者 | 作成者 | 名前 | 記者 | 執筆者 | 作者 | 发布者 |
        發布者 | 发布人 | 来源 | 來源 | 作者/时间 | 部门 | 單位 | tác giả | người đăng | người viết | người gửi |
        nguồn | ผู้เขียน | ผู้โพสต์ | ผู้ตั้ง | โดย | ที่มา | автор | источник | от | autor | von | verfasser |
        quelle | auteur | par | autor/a | por | publicado por
    """,
    "date": """
        날짜 | 등록일 | 작성일 | 게시일 | 작성일자 | 등록일자 | 게시일자 | 등록 날짜 | 일자 | 일시 | 작성일시 |
        등록일시 | 시간 | date | posted | posted on | created | published | time | when | 日付 | 投稿日 | 掲載日 |
        公開日 | 日時 | 更新日 | 日期 | 时间 | 時間 | 发布时间 | 發布時間 | 发布日期 | 發布日期 | 發佈日期 |
        发表时间 | ngày | ngày đăng | thời gian | ngày gửi | วันที่ | วันที่โพสต์ | дата | опубликовано | datum |
        erstellt | veröffentlicht | fecha | publicado | publié | publié le
    """,
    "last": """
        최근 | 최종 | 최종 글 | 최종글 | 최근 글 | 최근댓글 | 최근 수정일 | 수정일 | 최종수정일 | last post |
        last reply | last updated | last activity | activity | updated | latest | 最終投稿 | 最終更新 | 最后发表 |
        最後發表 | 最后回复 | 最後回覆 | bài cuối | bài viết cuối | trả lời cuối | ล่าสุด | последнее сообщение |
        обновлено | letzter beitrag | letzte antwort | dernier message | último mensaje | última respuesta
    """,
    "views": """
        조회 | 조회수 | 조회 수 | 읽음 | hit | hits | view | views | read | reads | 閲覧 | 閲覧数 | 表示 | アクセス |
        点击 | 點擊 | 浏览 | 瀏覽 | 阅读 | 閱讀 | 人气 | 人氣 | lượt xem | xem | đọc | ดู | อ่าน | เข้าชม |
        просмотры | просмотров | aufrufe | zugriffe | vues | affichages | vistas | visitas | lecturas
    """,
    "comments": """
        댓글 | 댓글수 | 댓글 수 | 덧글 | 답글 | 리플 | comment | comments | reply | replies | responses | コメント |
        返信 | 返信数 | 回复 | 回覆 | 评论 | 評論 | 回应 | bình luận | trả lời | phản hồi | ตอบ | ความคิดเห็น |
        ответы | ответов | комментарии | комментариев | antworten | kommentare | réponses | commentaires |
        respuestas | comentarios
    """,
    "votes": """
        추천 | 추천수 | 추천 수 | 비추천 | 공감 | 좋아요 | vote | votes | like | likes | score | points | rating |
        rates | いいね | 評価 | 点赞 | 推荐 | 推薦 | thích | ถูกใจ | рейтинг | bewertung | bewertungen | note |
        votos
    """,
    "category": """
        분류 | 구분 | 말머리 | 카테고리 | 종류 | category | section | type | prefix | tag | カテゴリ | カテゴリー |
        分類 | 分类 | 类别 | 類別 | chuyên mục | danh mục | หมวด | หมวดหมู่ | категория | раздел | kategorie |
        rubrik | catégorie | rubrique | categoría | sección
    """,
    "file": """
        첨부 | 파일 | 첨부파일 | file | files | attachment | attachments | 添付 | 附件 | tệp | ไฟล์ | файл | datei |
        fichier | archivo | 상태 | status | 선택 | 비고
    """,
}
ROLES: Final[dict[str, Role]] = {word: role for role, text in _COLUMNS.items() for word in phrases(text)}

NOTICE: Final = phrases("""
    angepinnt | ankündigung | annonce | announce | announcement | announcements | anuncio | aviso | featured |
    fijado | ghim | important | importante | notice | notices | pin | pinned | quan trọng | stickied | sticky |
    thông báo | top | wichtig | épinglé | важно | закреплено | объявление | прикреплено | ประกาศ | ปักหมุด |
    お知らせ | 公告 | 固定 | 置頂 | 置顶 | 通知 | 重要 | 공지 | 공지사항 | 안내 | 알림 | 중요 | 필독
""")
READING: Final = phrases("""
    current | here | now | reading | viewing | đang xem | читаю | 閲覧中 | 阅读中 | 보는중 | 열람중 | 읽는중 |
    현재 글 | 현재글
""")
DECORATION: Final = phrases("""
    attach | attachment | best | closed | comment | comments | continue reading | file | hot | hình | image |
    leer más | link | lire la suite | list | locked | mehr | mobile | more | movie | mới | n | neu | new | new! |
    nouveau | nuevo | photo | poll | re | read more | replies | reply | secret | share | solved | top | up | update |
    updated | video | weiterlesen | xem thêm | đính kèm | đọc tiếp | новое | подробнее | читать далее | อ่านต่อ |
    ใหม่ | もっと見る | コメント | モバイル | 件 | 图 | 圖 | 推荐 | 新 | 新帖 | 新着 | 条 | 查看详情 | 添付 | 热 |
    热门 | 熱 | 画像 | 精 | 精华 | 続きを読む | 评论 | 详情 | 返信 | 閱讀全文 | 阅读全文 | 附件 | 개 | 건 | 공유 |
    답글 | 답변 | 답변글 | 댓글 | 댓글수 | 더보기 | 덧글 | 동영상 | 명 | 목록 | 비밀 | 비밀글 | 사진 | 새 글 | 새글 |
    새로운글 | 스크랩 | 신고 | 신규 | 이름으로 검색 | 이미지 | 이미지 첨부 | 인기 | 인기글 | 인쇄 | 자세히 |
    자세히 보기 | 첨부 | 첨부파일 | 추천 | 파일 | 파일첨부 | 회
""")
NEXT: Final = phrases("""
    > | >> | kế tiếp | load more | more | next | next > | next page | next » | next › | next → | nächste |
    nächste seite | older | older entries | older posts | page suivante | sau | show more | siguiente | suivant |
    suivante | tiếp | trang sau | weiter | » | вперед | далее | следующая | ถัดไป | หน้าถัดไป | › | → | ≫ | ▶ | ▷ |
    〉 | 下一頁 | 下一页 | 下一页 > | 下頁 | 下页 | 后页 | 次 | 次のページ | 次へ | 次へ > | 次へ » | 次ページ |
    다음 | 다음 » | 다음 › | 다음 목록 | 다음 페이지 | 다음페이지 | 더 보기 | 더보기 | ＞
""")
NOTICE_NAMES: Final = re.compile(
    r"(?i)notic|notify|gongji|announc|sticky|stickied|pinned|pin_|_pin|pushpin|thumbtack|\bpin\b|is-?top|\bfixed\b|important|"
    r"prefix_top|icon_top|topicon"
)
CURRENT_NAMES: Final = re.compile(
    r"(?i)arrow|now_?read|\bnow\b|current|cur_|here|reading|pointer|\bselect(?:ed)?\b|\bactive\b|viewing"
)

# Stripped rather than matched: a pattern that ends in $ tries a long run of brackets at each of its places.
_BEFORE: Final = " \t\r\n[](){}<>:：·|,.-*【】〔〕「」"
_AFTER: Final = " \t\r\n[](){}<>:：·|,-*【】〔〕「」▲▼△▽↑↓⇅"


def folded(label: str) -> str:
    """Return *label* in lower case without the brackets, colons and sort arrows around it.

    >>> folded("[공지]"), folded("Author: ")
    ('공지', 'author')
    """
    return " ".join(label.split()).lower().lstrip(_BEFORE).rstrip(_AFTER)


@lru_cache(maxsize=4096)  # the same labels stand in every row
def role(label: str) -> Role | None:
    """Return the column that *label* names, None where it names none.

    >>> role("글쓴이"), role("No."), role("Thread / Author"), role("무슨 말")
    ('source', 'number', 'title', None)
    """
    whole = folded(label)
    found = ROLES.get(whole) or ROLES.get(whole + ".")
    if found is None and len(whole) <= 40:  # noqa: PLR2004 -- a header cell, not a sentence
        first = re.split(r"\s*[/|·(\[]\s*", whole, maxsplit=1)[0]
        found = ROLES.get(first.strip())
    return found
