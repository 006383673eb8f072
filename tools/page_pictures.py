"""Which picture shows which page: a row for each address that people look at, or why it has none.

Rules are those of the application's table of addresses (`tests/journeys/route_roles.txt`); a rule that stands in
neither table fails a test by name. A page of one thing is found as a reader finds it: from a list, by the first link
that leads to an address of its rule.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True)
class Picture:
    """One picture: its name, the rule of the page it shows, as whom, and how it is looked at.

    `path` is where one begins, the rule itself where nothing is named in it; `follow` are rules of the links to follow
    from there, before the link to the page itself; `upload` names a document of the sandbox that is handed in; `fill`
    is what is filled in before the form is sent, and `panel` says that an intake system opens it.
    """

    name: str
    of: str
    who: str = ""
    path: str = ""
    follow: tuple[str, ...] = ()
    width: int = 1280
    scheme: str = "light"
    upload: str = ""
    fill: Mapping[str, str] = field(default_factory=dict)
    panel: bool = False

    @property
    def begins(self) -> str:
        """Give the address where one begins."""
        return self.path or self.of

    @property
    def steps(self) -> tuple[str, ...]:
        """Give the rules of the links to follow."""
        there = pattern(self.of).match(self.begins) or self.panel
        return self.follow if there else (*self.follow, self.of)


def pattern(rule: str) -> re.Pattern[str]:
    """Give what an address of a rule looks like."""
    kinds = {"int": r"\d+", "path": r"[^?#]+?", "any": None}
    parts = []
    for place, piece in enumerate(re.split(r"<([^>]+)>", rule)):
        if place % 2 == 0:
            parts.append(re.escape(piece))
            continue
        kind = piece.partition(":")[0].partition("(")[0] if ":" in piece else "string"
        told = kinds.get(kind, r"[^/?#]+")
        parts.append(told or "(?:" + "|".join(re.findall(r"\w+", piece[4 : piece.index(")")])) + ")")
    return re.compile("^" + "".join(parts) + r"(?:[?#].*)?$")


def _of(base: str, name: str, who: str, *steps: str) -> tuple[Picture, ...]:
    """Give the pictures of forms that one thing leads to."""
    thing = f"{base}/<{name}>"
    return tuple(Picture(_named(f"{base}/{step}"), f"{thing}/{step}", who, base, (thing,)) for step in steps)


def _named(rule: str) -> str:
    plain = re.sub(r"<[^>]*>", "one", rule)
    return re.sub(r"[^a-z0-9]+", "-", plain.removeprefix("/console/").lower()).strip("-")


def _desk(who: str, *rules: str) -> tuple[Picture, ...]:
    """Give the pictures of pages that need nothing to be named."""
    return tuple(Picture(_named(rule), rule, who) for rule in rules)


def _one(who: str, path: str, *rules: str) -> tuple[Picture, ...]:
    """Give the pictures of pages of one thing, the link to each of which stands on a page."""
    return tuple(Picture(_named(rule), rule, who, path) for rule in rules)


DIRECTORY: Final = "/console/directories/<path:code>"
VERSION: Final = f"{DIRECTORY}/versions/<int:number>"
CERTIFICATE: Final = "/console/certificates/<string:identifier>"
SEAL: Final = "/console/seals/<string:seal_id>"
PUBLIC: Final = (
    Picture("home", "/"),
    Picture("home-dark", "/", scheme="dark"),
    Picture("home-narrow", "/", width=390),
    Picture("home-elder", "/", path="/?view=elder"),
    Picture("verify", "/verify"),
    Picture("verify-result", "/verify", upload="licence.ofd"),
    Picture("verify-result-narrow", "/verify", upload="licence.ofd", width=390),
    Picture("scan", "/scan"),
    Picture("receipts", "/verify/receipts"),
    Picture("replay", "/verify/replay"),
    Picture("seal", "/seals/<string:code>", path="/seals/{seal}?at=2026-11-01T09:00"),
    Picture("certificate", "/v/<string:token>", "holder", "/my", ("/my/certificates/<string:identifier>",)),
    Picture("trust", "/trust"),
    Picture("status", "/status"),
    Picture("status-dark", "/status", scheme="dark"),
    Picture("sandbox", "/docs/sandbox"),
    Picture("api", "/docs"),
    Picture("errors", "/docs/errors"),
    Picture("error", "/docs/errors/<code>", path="/docs/errors/not-allowed"),
    Picture("ledger", "/docs/ledger"),
    Picture("checkpoint", "/ledger/checkpoint"),
    Picture("login", "/login"),
    Picture("panel", "/panel/view/<string:panel>", panel=True),
)
HOLDER: Final = (
    Picture("account", "/account", "holder"),
    Picture("account-password", "/account/password", "holder"),
    Picture("my-certificates", "/my", "holder"),
    Picture("my-certificate", "/my/certificates/<string:identifier>", "holder", "/my"),
    Picture("my-code", "/my/code", "holder"),
    Picture("my-code-shown", "/my/code", "holder", fill={"organisation": "{window}", "matter": "000123020000"}),
    Picture("my-uses", "/my/uses", "holder"),
    Picture("my-use", "/my/uses/<string:usage>", "holder", "/my/uses"),
    Picture("my-objections", "/my/objections", "holder"),
    Picture("my-consents", "/my/consents", "holder"),
)
DATA: Final = (
    Picture("console", "/console", "authority"),
    *_desk("steward", "/console/directories", "/console/directory-figures", "/console/directories/new"),
    *_desk("steward", "/console/imports", "/console/imports/new", "/console/mounts", "/console/quality"),
    *_desk("steward", "/console/usage"),
    Picture("directory", DIRECTORY, "steward", "/console/directories"),
    Picture("directory-version", VERSION, "steward", "/console/directories", (DIRECTORY,)),
    Picture("directory-act", f"{VERSION}/acts/<step>", "steward", "/console/directories", (DIRECTORY,)),
    Picture("directory-differences", f"{VERSION}/differences", "steward", "/console/directories", (DIRECTORY,)),
    *_desk("authority", "/console/reviews", "/console/negative-entries", "/console/negative-entries/new"),
    *_one("authority", "/console/negative-entries", "/console/negative-entries/<entry_id>/end"),
    *_one("steward", "/console/imports", "/console/imports/<import_id>"),
    *_one("steward", "/console/mounts", "/console/mounts/<mount_id>"),
    *_desk("steward", "/console/mounts/new"),
    *_of("/console/mounts", "mount_id", "steward", "acts/<step>", "change"),
)
SHARING: Final = (
    *_desk("requester", "/console/share-requests", "/console/grants", "/console/demands", "/console/demands/new"),
    *_desk("requester", "/console/objections", "/console/objections/new"),
    Picture("share-requests-new", "/console/share-requests/new", "requester", "/console/directories", (DIRECTORY,)),
    *_one("requester", "/console/share-requests", "/console/share-requests/<request_id>"),
    *_one("requester", "/console/grants", "/console/grants/<code>"),
    *_one("requester", "/console/demands", "/console/demands/<demand_id>"),
    *_one("requester", "/console/objections", "/console/objections/<objection_id>"),
    *_of("/console/grants", "code", "provider", "acts/<step>"),
    *_of("/console/share-requests", "request_id", "requester", "acts/<step>", "draft"),
    *_of("/console/demands", "demand_id", "requester", "acts/<step>"),
    *_of("/console/objections", "objection_id", "requester", "acts/<step>"),
    *_desk("operator", "/console/tickets"),
    *_one("operator", "/console/tickets", "/console/tickets/<int:number>"),
    *_of("/console/tickets", "int:number", "operator", "acts/<step>"),
)
CERTIFICATES: Final = (
    *_desk("issuer", "/console/certificates", "/console/certificates/search", "/console/types", "/console/issue"),
    *_desk("issuer", "/console/missing-reports", "/console/old-stock", "/console/deposits"),
    *_one("issuer", "/console/certificates", CERTIFICATE),
    *_one("issuer", "/console/types", "/console/types/<string:code>"),
    *_one("issuer", "/console/issue", "/console/issue/<string:code>"),
    Picture(
        "certificate-step", f"{CERTIFICATE}/steps/<string:step>", "issuer", "/console/certificates", (CERTIFICATE,)
    ),
    Picture(
        "certificate-change", f"{CERTIFICATE}/<any(change, renewal):kind>", "issuer", "/console/certificates",
        (CERTIFICATE,),
    ),
    *_one("issuer", "/console/missing-reports", "/console/missing-reports/<string:report>"),
    *_one("issuer", "/console/old-stock", "/console/old-stock/<string:batch>"),
    Picture(
        "old-stock-rows", "/console/old-stock/<string:batch>/rows", "issuer", "/console/old-stock",
        ("/console/old-stock/<string:batch>",),
    ),
    *_desk("seal_applicant", "/console/seals", "/console/seals/application"),
    *_one("seal_applicant", "/console/seals", SEAL),
    Picture("seal-uses", f"{SEAL}/uses", "seal_owner", "/console/seals", (SEAL,)),
    Picture("seal-leave", f"{SEAL}/authorisations", "seal_owner", "/console/seals", (SEAL,)),
    Picture("seal-renewal", f"{SEAL}/renewal", "seal_applicant", "/console/seals", (SEAL,)),
    Picture("seal-step", f"{SEAL}/steps/<string:step>", "seal_owner", "/console/seals", (SEAL,)),
)  # fmt: skip
WINDOW: Final = (
    *_desk("window", "/console/filing", "/console/cases", "/console/missing-reports/own", "/console/packages"),
    *_one("window", "/console/packages", "/console/package-kinds/<string:code>", "/console/packages/<string:number>"),
    *_one("window", "/console/filing", "/console/filing/<string:code>"),
    *_one("window", "/console/cases", "/console/cases/<string:number>"),
)
OPERATION: Final = (
    *_desk("operator", "/console/sync", "/console/sync/dead-letters", "/console/sync/comparisons"),
    *_desk("operator", "/console/subscriptions", "/console/jobs", "/console/systems", "/console/diagnostics"),
    *_desk("operator", "/console/figures", "/console/backups", "/console/maintenance"),
    *_one("operator", "/console/sync", "/console/sync/channels/<string:target>"),
    *_one("operator", "/console/sync/dead-letters", "/console/sync/records/<int:number>"),
    *_one("operator", "/console/sync/comparisons", "/console/sync/comparisons/<int:number>"),
    *_one("operator", "/console/subscriptions", "/console/subscriptions/<string:subscription>"),
    *_one("operator", "/console/systems", "/console/systems/<string:system>"),
    *_desk("auditor", "/console/audit", "/console/audit/exports"),
)
PICTURES: Final = (*PUBLIC, *HOLDER, *DATA, *SHARING, *CERTIFICATES, *WINDOW, *OPERATION)

FILE: Final = "a file, no page"
LEADS: Final = "leads to another page"
MACHINE: Final = "for programs, not for people"
ONCE: Final = "in the sandbox nothing stands at the step that leads there"
UNPICTURED: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        (
            *("/assets/<path:name>", "/docs/ledger/ledger_check.py", "/console/directories.csv"),
            *(f"{CERTIFICATE}/files/<string:form>", "/console/imports/template"),
            *("/console/imports/<import_id>/workbook", "/console/notices/<string:number>.<any(pdf, ofd):form>"),
            *(f"{SEAL}/picture.png", "/console/types/<string:code>/face.png", "/verify/<verification>/evidence"),
        ),
        FILE,
    ),
    **dict.fromkeys(
        (
            *("/console/directory-versions/<path:name>", "/console/objection-hearings/<path:name>"),
            "/console/undertakings/<string:known>",
            *("/login/oidc", "/login/oidc/callback", "/panel/<string:ticket>"),
        ),
        LEADS,
    ),
    **dict.fromkeys(
        (
            *("/healthz", "/metrics", "/readyz", "/version", "/openapi.json", "/oauth/jwks"),
            *("/.well-known/jwt-vc-issuer", "/.well-known/oauth-authorization-server"),
        ),
        MACHINE,
    ),
    **dict.fromkeys(
        (
            *(f"{VERSION}/draft/<stage>", f"{VERSION}/draft/items/<int:place>", f"{SEAL}/making"),
            *("/console/imports/<import_id>/acts/<step>", "/console/imports/<import_id>/rows/<int:number>"),
        ),
        ONCE,
    ),
    "/_ui": "the components, where a site is developed",
    "/account/second-factor": "shows the secret of a second factor",
    "/verify/<verification>": "the page of verify-result, opened by its address for a day",
    "/verify/<verification>/roots": "a form that only a document under an unknown root leads to",
}
