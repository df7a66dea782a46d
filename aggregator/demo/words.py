"""Headlines that nobody wrote: word lists, and a title for every whole number.

A title is one frame, one subject and one matter; numbers are scattered over all combinations, so that neighbours
look different and no title comes back before all have been used.
"""

from collections.abc import Sequence
from itertools import count
from math import gcd

from msgspec import Struct

# Steps of the golden section leave the widest gaps between those taken so far.
_GOLDEN_SECTION = 0.618


class Vocabulary(Struct, frozen=True, kw_only=True):
    """What titles of one language are made of; ``endings`` mark a title that has been edited."""

    frames: Sequence[str]
    subjects: Sequence[str]
    matters: Sequence[str]
    endings: Sequence[str]
    sources: Sequence[str]

    @property
    def titles(self) -> int:
        """How many different titles there are."""
        return len(self.frames) * len(self.subjects) * len(self.matters)

    def title(self, n: int) -> str:
        """The ``n``-th title. *Shape*: the first ``titles`` of them are all different, then they come again.

        >>> ENGLISH.title(0)
        'City council: the reopened bus lanes'
        """
        stride = next(step for step in count(int(self.titles * _GOLDEN_SECTION)) if gcd(step, self.titles) == 1)
        rest, subject = divmod(n * stride % self.titles, len(self.subjects))
        frame, matter = divmod(rest, len(self.matters))
        return self.frames[frame].format(who=self.subjects[subject], what=self.matters[matter])

    def edited(self, n: int) -> str:
        """The ``n``-th title after its author has come back to it; never equal to a title."""
        return f"{self.title(n)} {self.endings[n % len(self.endings)]}"

    def source(self, n: int) -> str:
        """Who the ``n``-th title is credited to."""
        return self.sources[n * 5 // 3 % len(self.sources)]


KOREAN = Vocabulary(
    frames=(
        "{who}, {what}",
        "[속보] {who} {what}",
        "{who} {what}…시민 반응은",
        "“다음 달부터 달라진다”…{who} {what}",
        "{who} “{what}” 공식 발표",
        "[단독] {who}, {what} 내부 문건 확인",
        "‘{what}’ 놓고 {who} 고심",
        "{what}‥{who} 입장은",
        "{who}의 선택…{what} 이유 있었다",
        '"더는 못 미룬다" {who}, {what}',
        "[인터뷰] {who}가 말하는 {what}",
        "{who}·노조, {what} 두고 줄다리기",
        "{who} {what}에 지역 상권 ‘들썩’",
        "3년 만에 {who} {what}",
        "[그래픽] 숫자로 본 {who} {what}",
        "{who}發 {what}, 전국 확산하나",
        "오늘부터 {who} {what}",
        "{who} {what}… 전문가 “신중해야”",
        "(영상) {who} {what} 현장",
        "{what} 앞둔 {who} 표정",
    ),
    subjects=(
        "서울시",
        "부산항만공사",
        "국토부",
        "교육청",
        "한빛전자",
        "새벽물산",
        "강원도",
        "기상청",
        "도서관협회",
        "철도공단",
        "전주시",
        "여수 어민회",
        "푸른은행",
        "대한약사회",
        "소방청",
        "과기부",
        "제주도의회",
        "수원 시민단체",
        "누리통신",
        "국립박물관",
        "해양경찰",
        "농협 조합장들",
        "청년위원회",
        "인천공항",
        "광주 상인회",
        "대전 연구단지",
        "울산 조선소",
        "금융당국",
        "방송심의위",
        "국회 예산소위",
        "경찰청",
        "하늘자동차",
        "가람바이오",
        "프로야구 신생팀",
        "축구대표팀",
        "배달 플랫폼",
        "전기버스 업계",
        "동물보호단체",
        "대학 총장단",
        "통계청",
    ),
    matters=(
        "신규 채용 두 배 확대",
        "전기요금 개편안 공개",
        "R&D 예산 복원 요구",
        "노후 교량 긴급 점검",
        "AI 상담원 시범 도입",
        "반도체 공장 증설 추진",
        "심야버스 노선 개편",
        "장마 대비 배수로 정비",
        "청년 월세 지원 연장",
        "수출 실적 '역대 최대'",
        "개인정보 유출 조사 착수",
        "지하철 5호선 연장 합의",
        "어린이집 급식 기준 강화",
        "해상풍력 단지 착공",
        "응급실 인력 확충 논의",
        "물가 2.4% 상승 전망",
        "독감 예방접종 시작",
        "가뭄 대책 회의 소집",
        "로봇 배송 규제 완화",
        "공공앱 수수료 인하",
        "재개발 조합 갈등 중재",
        "관광객 100만 명 돌파",
        "위성 발사 일정 연기",
        "쌀값 안정 방안 검토",
        "도심 녹지 3만㎡ 조성",
        "전세사기 피해 접수",
        "스마트팜 단지 공모",
        "4분기 실적 전망 상향",
        "산불 감시 드론 투입",
        "외국인 유학생 유치 협약",
        "통학로 안전 조례 통과",
        "퇴직연금 제도 손질",
        "미세먼지 저감 조치 시행",
        "결승 진출 확정",
        "감독 교체 카드 만지작",
        "고령 운전자 지원 사업",
        "폐교 활용 방안 공모",
        "전통시장 주차장 개방",
        "배터리 재활용 협력",
        "주 4.5일제 시범 운영",
    ),
    endings=("(종합)", "(종합2보)", "[수정]", "(사진 추가)"),
    sources=(
        "한빛일보",
        "새길경제",
        "누리방송",
        "동녘신문",
        "강산뉴스",
        "가온통신",
        "김하늘 기자",
        "바다&산 저널",
        "랭크뉴스",
    ),
)

ENGLISH = Vocabulary(
    frames=(
        "{who}: {what}",
        "{who} confirmed {what}",
        "Breaking: {who} on {what}",
        '"About time": {who} welcomed {what}',
        "Why {who} worried about {what}",
        "{who} split over {what}",
        "Photos: {who} and {what}",
        "{who} asks for patience with {what}",
        "Poll: should {who} decide on {what}?",
        "What {who} said about {what}",
        "{who} <exclusive> {what}",
        "Five questions for {who} after {what}",
    ),
    subjects=(
        "City council",
        "Harbor office",
        "Night train crew",
        "Weather service",
        "Library board",
        "River wardens",
        "Hill & Dale Dairy",
        "Observatory",
        "Bakers' guild",
        "Ferry company",
        "School district",
        "Fire brigade",
        "Orchard growers",
        "Museum trust",
        "Cycling club",
        "Transit union",
        "Housing agency",
        "Lighthouse keepers",
        "Street musicians",
        "Water utility",
        "Chess federation",
        "Robotics lab",
        "Market traders",
        "Post office",
    ),
    matters=(
        "the reopened bus lanes",
        "a cheaper weekend ticket",
        "new rules for delivery robots",
        "the late harvest",
        "a second bridge over the river",
        "free museum Sundays",
        "the four-day week trial",
        "rising water bills",
        "a record number of visitors",
        "the winter timetable",
        "the solar roofs on every school",
        "the missing statue",
        "the plans for a night market",
        "a software failure at the port",
        "the return of the tram",
        "its biggest budget in 20 years",
        "quiet hours downtown",
        "the flood barriers that did not close",
        "an unexpected comet",
        "the semifinal",
        "a shortage of drivers",
        "old phone boxes as libraries",
        "charging points for 1,400 cars",
        "the closing of the old mill",
    ),
    endings=("[updated]", "(2nd update)", "- corrected"),
    sources=("morning_owl", "R. Castell", "Harbor Wire", "tea&toast", "moderator", "The Daily Ledger", "northbound"),
)
