"""A district hall made up by us: 8 departments, 60 posts, 80 staff, 6 services; nobody in it is real.

Owns the content and one operation that loads it through the server's own operations, as a hall's
office would. The names are common and less common Chinese names, some with characters outside the basic plane,
one of the length that staff of other nationalities have.
"""

from __future__ import annotations

from itertools import chain, cycle
from typing import TYPE_CHECKING, Final, NamedTuple

from sync_server.posts.operations import make_post
from sync_server.publishing.operations import set_hall_details
from sync_server.queue.operations import save_service
from sync_server.staff.operations import StaffImport, import_staff, make_department
from sync_server.staff.staff_file import StaffRow, StaffTable

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

HALL_NAME_ZH: Final = "清溪区政务服务中心"
HALL_NAME_EN: Final = "Qingxi District Service Centre"


class DemoPost(NamedTuple):
    """A kind of post; each window in ``windows`` is one post, none means one post without a window."""

    name_zh: str
    name_en: str
    windows: tuple[int, ...] = ()


class DemoDepartment(NamedTuple):
    """A department with its kinds of posts and its people, the posts filled in their order."""

    name_zh: str
    name_en: str
    posts: tuple[DemoPost, ...]
    people: tuple[str, ...]


class DemoService(NamedTuple):
    """A queue, as it is saved."""

    letter: str
    name_zh: str
    name_en: str
    windows: str


DEPARTMENTS: Final = (
    DemoDepartment(
        "政务中心办公室",
        "Centre Office",
        (
            DemoPost("办公室主任", "Head of Office"),
            DemoPost("值班主任", "Duty Officer"),
            DemoPost("考勤与胸牌", "Attendance and Badges"),
            DemoPost("投诉受理", "Complaints"),
            DemoPost("设备维护", "Equipment"),
        ),
        ("陈向东", "林婉清", "周启明", "沈雨桐", "高建军", "邹丽萍", "许志远"),
    ),
    DemoDepartment(
        "市场监督管理局",
        "Market Regulation Bureau",
        (
            DemoPost("企业登记", "Company Registration", (1, 2, 3, 4)),
            DemoPost("个体登记", "Sole Trader Registration", (5, 6)),
            DemoPost("食品经营许可", "Food Licences", (7, 8)),
            DemoPost("首席代表", "Chief Representative"),
        ),
        (
            "王海燕",
            "李国栋",
            "张思远",
            "刘佩瑶",
            "杨慧敏",
            "赵一凡",
            "黄嘉怡",
            "吴晓峰",
            "徐静雯",
            "孙立新",
            "马玉兰",
            "朱明哲",
        ),
    ),
    DemoDepartment(
        "人力资源和社会保障局",
        "Human Resources and Social Security Bureau",
        (
            DemoPost("社会保险", "Social Insurance", (9, 10, 11, 12, 13)),
            DemoPost("就业服务", "Employment Service", (14, 15)),
            DemoPost("劳动关系", "Labour Relations", (16,)),
            DemoPost("首席代表", "Chief Representative"),
        ),
        (
            "胡文斌",
            "郭秀英",
            "何俊杰",
            "罗雪梅",
            "梁永康",
            "宋佳宁",
            "郑伟民",
            "谢芳芳",
            "韩春生",
            "唐诗韵",
            "冯𬭎达",
            "于洪波",
        ),
    ),
    DemoDepartment(
        "公安局",
        "Public Security Bureau",
        (
            DemoPost("户籍", "Household Registration", (17, 18, 19)),
            DemoPost("身份证", "Identity Cards", (20, 21)),
            DemoPost("出入境", "Exit and Entry", (22, 23)),
            DemoPost("首席代表", "Chief Representative"),
        ),
        (
            "董佩琪",
            "萧志刚",
            "程雅琴",
            "曹永强",
            "袁晓丽",
            "邓凯文",
            "阿卜杜热西提·买买提明",
            "傅瑞雪",
            "曾庆华",
            "彭莉莉",
            "吕昊天",
        ),
    ),
    DemoDepartment(
        "自然资源局",
        "Natural Resources Bureau",
        (
            DemoPost("不动产登记", "Real Estate Registration", (24, 25, 26, 27, 28)),
            DemoPost("规划许可", "Planning Permits", (29,)),
            DemoPost("测绘档案", "Survey Archives"),
            DemoPost("首席代表", "Chief Representative"),
        ),
        ("苏明月", "卢振宇", "蒋依依", "蔡国强", "贾红霞", "丁子轩", "魏翀", "薛巧玲", "叶建平", "阎思彤", "余长青"),
    ),
    DemoDepartment(
        "税务局",
        "Tax Bureau",
        (
            DemoPost("申报征收", "Filing and Collection", (30, 31, 32, 33)),
            DemoPost("发票", "Invoices", (34, 35)),
            DemoPost("税务登记", "Tax Registration", (36,)),
            DemoPost("首席代表", "Chief Representative"),
        ),
        ("潘晓东", "杜若兰", "戴志宏", "夏语冰", "钟文静", "汪海涛", "田翠花", "任重远", "姜晓彤", "范仲明"),
    ),
    DemoDepartment(
        "住房和城乡建设局",
        "Housing and Construction Bureau",
        (
            DemoPost("施工许可", "Building Permits", (37, 38)),
            DemoPost("房屋交易", "Housing Transactions", (39, 40)),
            DemoPost("公积金", "Housing Fund", (41, 42)),
            DemoPost("首席代表", "Chief Representative"),
        ),
        ("方静怡", "石磊", "姚梦洁", "谭家豪", "廖小婉", "熊壮志", "金淑贤", "陆鸿飞", "郝爱国"),
    ),
    DemoDepartment(
        "民政局",
        "Civil Affairs Bureau",
        (
            DemoPost("婚姻登记", "Marriage Registration", (43, 44, 45)),
            DemoPost("社会救助", "Social Assistance", (46,)),
            DemoPost("社会组织登记", "Registration of Associations"),
            DemoPost("首席代表", "Chief Representative"),
        ),
        ("孔令辉", "白若溪", "崔永年", "康翯之", "毛小平", "邱淑娟", "秦汉明", "江𣲗羽"),
    ),
)

SERVICES: Final = (
    DemoService("A", "企业开办与登记", "Companies and registration", "1-8"),
    DemoService("B", "社保与就业", "Social insurance and employment", "9-16"),
    DemoService("C", "户籍与出入境", "Household register, exit and entry", "17-23"),
    DemoService("D", "不动产登记", "Real estate", "24-29"),
    DemoService("E", "税务", "Tax", "30-36"),
    DemoService("F", "住房、公积金与民政", "Housing, housing fund, civil affairs", "37-46"),
)


def load_demo_hall(session: Session, hall: str, *, timezone: str) -> StaffImport:
    """Fill an empty hall; return what the import of its staff list says. The caller publishes.

    Raises:
        RuleViolation: the hall has one of these departments or posts already.
    """
    set_hall_details(session, hall, name_zh=HALL_NAME_ZH, name_en=HALL_NAME_EN, timezone=timezone)
    rows: list[StaffRow] = []
    posts_made = 0
    for department in DEPARTMENTS:
        department_id = make_department(session, hall, name_zh=department.name_zh, name_en=department.name_en).id
        codes: list[str] = []
        for post in department.posts:
            for window in post.windows or (None,):
                posts_made += 1
                codes.append(f"P-{posts_made:03d}")
                make_post(
                    session,
                    hall,
                    code=codes[-1],
                    name_zh=post.name_zh,
                    name_en=post.name_en,
                    department_id=department_id,
                    window=None if window is None else str(window),
                )
        for name, code in zip(department.people, chain(codes, cycle(codes[1:])), strict=False):
            line = len(rows) + 1
            rows.append(
                StaffRow(line=line, number=f"S{line:04d}", name=name, department=department.name_zh, post_code=code)
            )
    for service in SERVICES:
        save_service(session, hall, **service._asdict())
    return import_staff(session, hall, StaffTable(rows=rows))
