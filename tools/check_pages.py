"""Writes the pages on check codes, `docs/checks.md` and `docs/zh/checks.md`: `python -m tools.check_pages [--check]`.

Every code of `signing.check_codes` has a section: where it is demanded, what follows from a failure, its words for
each outcome, and what the reader can do. With `--check` nothing is written; the exit status tells if pages are old.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from signing import check_codes
from signing.check_codes import BLOCKS, CheckCode
from signing.report import Outcome

DOCS: Final = Path(__file__).parents[1] / "docs"
PAGES: Final = {"en": DOCS / "checks.md", "zh": DOCS / "zh" / "checks.md"}
WORDS: Final = {
    "en": {
        "title": "Check codes",
        "lead": "Every check of a verification report has a code. This page tells, for each, where it is demanded, "
        "what a failure means for the verdict, the words that reports use, and what a reader can do. Names in braces "
        "are filled with the facts of the case.",
        "FC": "Format checking",
        "ISC": "Identification of the signing certificate",
        "VCI": "Validation context",
        "XCV": "Certificates",
        "CV": "Cryptographic verification",
        "SAV": "Signature acceptance",
        "clause": "Demanded by",
        "failure": "A failure means",
        "unchecked": "Not checked means",
        "never": "nothing for the verdict",
        "spoils": "It concerns",
        "intact": "whether the document is unchanged",
        "cryptographically_valid": "whether the signature is right",
        "trusted": "whether the signer is trusted",
        "none": "the document as a whole",
        "passed": "Passed",
        "failed": "Failed",
        "warning": "Note",
        "not_checked": "Not checked",
        "fix": "What to do",
        "colon": ": ",
    },
    "zh": {
        "title": "检查代码",
        "lead": "核验报告中的每一项检查都有代码。"
        "本页逐一说明：依据的条款、未通过对结论的影响、报告中的措辞，以及读者可以怎么做。"
        "花括号中的名称由具体事实填入。",
        "FC": "格式检查",
        "ISC": "签名证书的识别",
        "VCI": "验证环境",
        "XCV": "证书",
        "CV": "密码验证",
        "SAV": "签名采信",
        "clause": "依据",
        "failure": "未通过意味着",
        "unchecked": "未检查意味着",
        "never": "不影响结论",
        "spoils": "所关系的事实",
        "intact": "文件是否未被改动",
        "cryptographically_valid": "签名是否正确",
        "trusted": "签名人是否可信",
        "none": "文件整体",
        "passed": "通过",
        "failed": "未通过",
        "warning": "提示",
        "not_checked": "未检查",
        "fix": "怎么办",
        "colon": "：",
    },
}


def main() -> int:
    """Write both pages, or say which is old."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="only look whether the pages are up to date")
    only_look = parser.parse_args().check
    old = [file for language, file in PAGES.items() if not _is_written(file, page(language))]
    if only_look:
        for file in old:
            print(f"{file} is old: run python -m tools.check_pages", file=sys.stderr)
        return 1 if old else 0
    for language, file in PAGES.items():
        file.write_text(page(language), encoding="utf-8")
    return 0


def page(language: str) -> str:
    """Write the page of one language."""
    return "\n".join(_lines(language)) + "\n"


def _is_written(file: Path, text: str) -> bool:
    return file.is_file() and file.read_text(encoding="utf-8") == text


def _lines(language: str) -> Iterator[str]:
    words = WORDS[language]
    codes = check_codes.codes()
    yield f"# {words['title']}"
    yield ""
    yield words["lead"]
    for block in BLOCKS:
        inside = [each for _, each in sorted(codes.items()) if each.block == block]
        if not inside:
            continue
        yield ""
        yield f"## {words[block]} ({block})"
        for code in inside:
            yield from _section(code, language)


def _section(code: CheckCode, language: str) -> Iterator[str]:
    words = WORDS[language]
    colon = words["colon"]
    yield ""
    yield f"### {code.code}"
    yield ""
    yield f"- {words['clause']}{colon}{code.clause}"
    failure = words["never"] if code.indication is None else f"`{code.indication.value}` / `{code.sub_indication}`"
    yield f"- {words['failure']}{colon}{failure}"
    if code.unchecked is not None:
        yield f"- {words['unchecked']}{colon}`INDETERMINATE` / `{code.unchecked}`"
    yield f"- {words['spoils']}{colon}{words[code.spoils]}"
    for outcome in Outcome:
        if outcome in code.words:
            said = code.words[outcome]
            yield f"- {words[outcome.value]}{colon}{said.zh if language == 'zh' else said.en}"
    yield f"- {words['fix']}{colon}{code.fix.zh if language == 'zh' else code.fix.en}"


if __name__ == "__main__":
    sys.exit(main())
