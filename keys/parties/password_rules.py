"""Which passwords are accepted: long enough, not among the first that are tried, and nothing of the account's own.

Length counts more than signs of four kinds (NIST SP 800-63B 5.1.1.2), so none are asked for. Passwords are normalised
to NFKC, or the same one typed on another keyboard would be another (RFC 8265 4.2.2 asks for NFC; NFKC also folds the
full-width letters of Chinese input methods).
"""

import secrets
import unicodedata
from typing import Final

from keys.parties.login_errors import UnfitPassword

SHORTEST: Final = 12
# Long enough for a sentence; more would only be work for the hash.
LONGEST: Final = 128
# One of a text of 12 that has fewer different signs than these is a pattern.
FEWEST_DIFFERENT: Final = 6
# A login of two signs stands in many a password by chance.
LOGIN_THAT_TELLS: Final = 4
# Four words of five signs without look-alikes: log2(31^20) is 99 bits.
ONE_TIME_WORDS: Final = 4
ONE_TIME_LENGTH: Final = 5
ONE_TIME_SIGNS: Final = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"

# What people write when twelve signs are asked for: rows of the keyboard, the year, the place, the system's own name.
REFUSED: Final = frozenset(
    """
    123456789012 1234567890ab 012345678901 112233445566 123123123123 111222333444 1qaz2wsx3edc 1q2w3e4r5t6y
    qwertyuiop12 qwertyuiop123 qwertyuiopasdf qwertyuiop[] asdfghjkl123 asdfghjkl;'' zxcvbnm12345 zxcvbnm,./12
    qazwsxedcrfv 1qazxsw23edc !qaz2wsx#edc !qaz@wsx#edc qwer1234asdf qwer1234!@#$ 1234qwerasdf asdf1234qwer
    abcdefghijkl abcdefg12345 abcd1234abcd abcd1234!@#$ abc123456789 a123456789012 aa1234567890 aa123456789.
    password1234 password12345 password123456 password123! passw0rd1234 p@ssw0rd1234 p@ssword1234 p@$$w0rd1234
    administrator administrator1 admin1234567 admin12345678 admin123456! admin@123456 admin@12345678 admin@admin123
    adminadmin123 root12345678 root@1234567 rootroot1234 system123456 manager12345 welcome12345 welcome@1234
    letmein12345 iloveyou1234 iloveyou5201314 5201314woaini woaini5201314 woaini1314520 woaini123456 woaiwojia1314
    woaizhongguo zhongguo2026 zhonghua1949 zhengwu12345 zhengwu@2026 zhengzhao123 dianzizhengzhao zhengfu12345
    yinxin123456 yinxinyinxin yinxin@12345 yinxin202611 yinxin@2026! jiangsu12345 jiangsu@2026 yancheng1234
    mima12345678 mima@1234567 nihao1234567 nihaonihao12 aini13145201 qq1234567890 taobao123456 wangluo12345
    changeme1234 changeme2026 default12345 test12345678 testtest1234 guest1234567 user12345678 user@1234567
    huawei@12345 huawei12#$%^ cisco1234567 oracle123456 h3c@12345678 inspur@12345 kylin@123456 uos@12345678
    correcthorsebatterystaple thisisapassword mypassword123 monkey123456 dragon123456 football1234 superman1234
    sunshine1234 princess1234 starwars1234 trustno11234 whatever1234 freedom12345 michael12345 shadow123456
    """.split()
)


def normalised(password: str) -> str:
    """Give the one form of a password in which it is hashed."""
    return unicodedata.normalize("NFKC", password)


def usable(password: str) -> bool:
    """Tell whether a password can be anybody's at all: what is not need not be hashed, however long it is."""
    return len(password) <= LONGEST and len(normalised(password)) <= LONGEST and _encodable(password)


def require_fit(password: str, login: str) -> str:
    """Give a new password in its one form.

    Raises `UnfitPassword`.
    """
    if not usable(password):
        raise UnfitPassword("too-long")
    plain = normalised(password)
    if len(plain) < SHORTEST:
        raise UnfitPassword("too-short")
    if any(unicodedata.category(sign)[0] == "C" for sign in plain):
        raise UnfitPassword("unseen-signs")
    folded = plain.casefold()
    if len(set(folded)) < FEWEST_DIFFERENT or folded in folded[1:] + folded[:-1]:
        raise UnfitPassword("pattern")
    if folded in REFUSED:
        raise UnfitPassword("well-known")
    if len(login) >= LOGIN_THAT_TELLS and login.casefold() in folded:
        raise UnfitPassword("holds-the-login")
    return plain


def one_time_password() -> str:
    """Make a password that is good until its first use: easy to read aloud, impossible to guess."""
    words = ("".join(secrets.choice(ONE_TIME_SIGNS) for _ in range(ONE_TIME_LENGTH)) for _ in range(ONE_TIME_WORDS))
    return "-".join(words)


def _encodable(password: str) -> bool:
    return not any("\ud800" <= sign <= "\udfff" for sign in password)
