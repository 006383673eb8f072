# ruff: noqa: INP001, T201 - a sample stands alone and talks
"""Calls a running sandbox with `yinxin-client`: a token by the system's key, a question, a verification.

用 yinxin-client 调用演示沙箱：以系统密钥取令牌、按授权用途查询数据、核验文件。

python sample.py sandbox-data/sandbox.json
"""

import sys

from yinxin_client import Problem, from_sandbox, read_sandbox


def main(file: str) -> int:
    """Ask for a purpose that is granted, then verify a document."""
    sandbox = read_sandbox(file)
    with from_sandbox(file) as client:
        try:
            answer = client.data(sandbox.directory, sandbox.purpose, limit=1)
            report = client.verify(sandbox.documents[0])
        except Problem as refusal:
            print(refusal.code, refusal.fix, file=sys.stderr)
            return 1
    print("outcome 结果:", answer.outcome, answer.reason.zh)
    print("verdict 核验结论:", report.verdict, report.summary.zh)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
