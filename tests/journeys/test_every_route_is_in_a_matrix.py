"""Every address of the whole application × every role × home and elsewhere: a new one that nobody thought about fails.

1. The table `route_roles.txt` says who may call each address, and is what the application says.
2. Whoever is not in it is refused at the door: nobody, each other role, a system with every other scope.
3. What is open to everyone stands here with its reason.
4. What belongs to one organisation is asked for by others, in a test that is named here; or it is said why none is.
"""

import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from flask import Blueprint, Flask

from base import web
from base.callers import ANONYMOUS, ROLES, SCOPES, Caller, Credentials
from base.web import AuthenticatorPart
from console import furniture as pages
from tests.exchange import test_matrix, test_sharing_routes
from tests.journeys import route_roles
from tests.journeys.route_roles import Address, addresses
from tests.rooms import Door

# By the blueprint, or by blueprint and address where only some of it is open: why everyone may.
OPEN: Final = {
    "probes": "whether the service lives is asked by machines that have no account",
    "oauth": "a token is fetched by whoever proves a key in the request itself; keys and metadata are public",
    "console": "pages that show nobody's data: start, status, documentation, errors, pictures",
    "app": "the description of the API is documentation",
    "login": "whoever logs in has no session yet",
    "verify": "a document is verified by whoever holds it; only the report is kept, under a random id",
    "verify_roots": "a visitor looks into a root of their own; importing it is guarded",
    "verify_replay": "a verdict is replayed by whoever kept its evidence; nothing is kept",
    "scanning": "a code is scanned by whoever holds it, and leads to pages that are open themselves",
    "receipt_pages": "a receipt is checked by whoever holds it; nobody's data are shown",
    "seal_pages": "whether a seal is in force is asked by whoever sees its mark",
    "verifications": "a document is verified by whoever holds it; only the report is kept, under a random id",
    "trust_pages": "whom the site trusts, and its signed heads, are public",
    "trust": "whom the site trusts is public",
    "checkpoints": "signed heads are there to be compared by strangers",
    "ledger": "proofs of the ledger hold digests alone",
    "published": "lists, answers and stamps of an authority are there for relying parties (RFC 5280, 6960, 3161)",
    "certificate_pages": "a certificate is checked by whoever holds its code",
    "panel_pages": "a panel is opened by its ticket, and then belongs to the browser that opened it",
    "certificates /api/v1/certificate-status/<string:token>": "the same, for machines",
    "certificate-types": "which certificates there are is public",
    "scenes /api/v1/scenes": "in which scenes certificates are taken is public",
    "seals /api/v1/seals/<seal_id>/status": "whether a seal is in force is asked by whoever sees its mark",
    "signatures": "a helper for those who write signed requests: it says what is hashed and keeps nothing",
    "sessions /api/v1/sessions": "whoever logs in has no session yet",
    "duties /api/v1/terms": "within which time who has to decide is public",
    "duties /api/v1/dictionaries": "the code tables are public",
    "use-lists /api/v1/matter-codes": "the code list of matters is public",
    "receipts /api/v1/receipt-keys": "the keys that sign receipts are there for whoever verifies one",
    "matters /api/v1/matters": "what a matter asks for is published",
    "matters /api/v1/matter-catalogue": "the same",
    "matters /api/v1/matters/<string:code>": "the same",
    "matters /api/v1/matters/<string:code>/materials": "the same",
    "matters /api/v1/matters/<string:code>/versions": "the same",
    "evidence /api/v1/evidence-reader": "a page that checks a pack where it is, and sends nothing",
    "credential-metadata": "the keys of credentials are there for whoever verifies one",
    "certificate_dialect_shandong": "the caller is proven by what the specification puts into the request",
    "certificate_dialect_national_library": "the same",
    "certificate_dialect_fujian": "the same",
    "national_gateway_dialect": "the caller is proven by the signature that the convention puts into the request",
}
# Tables of addresses, each walked by everybody of every organisation in the test of that module.
TABLES: Final = (
    (test_matrix, {*test_matrix.HIDDEN, *test_matrix.LISTED}),
    (test_sharing_routes, {*test_sharing_routes.OWN, *test_sharing_routes.COMMON}),
)
# By blueprint: the test that asks for another organisation's things.
WALKED: Final = {
    "gateway": "tests.exchange.test_usages:test_an_organisation_sees_its_own_uses_a_provider_those_of_its_directories",
    "receipts": "tests.exchange.test_receipts:test_a_receipt_is_for_the_user_the_provider_and_the_auditor",
    "results": "tests.exchange.test_result_files:test_who_is_not_granted_gets_no_result_and_nobody_elses",
    "monitoring": "tests.exchange.monitoring.test_routes:test_another_organisations_ticket_is_not_there",
    "pushes": "tests.exchange.test_push_routes:test_who_may_see_and_do_what_with_a_push",
    "subscriptions": "tests.exchange.test_push_routes:test_who_may_see_and_do_what_with_a_subscription",
    "direct": "tests.exchange.direct.test_routes:test_a_town_subscribes_reads_and_confirms_and_nobody_else_sees_it",
    "demands": "tests.exchange.demands.test_routes:test_every_role_of_every_department_at_every_address",
    "zones": "tests.exchange.zones.test_routes:test_every_role_of_every_department_at_every_address",
    "objections": "tests.exchange.objections.test_objections:test_every_role_at_every_address",
    "changes": "tests.exchange.test_changes:test_nobody_else_reads_the_reviewers_remarks",
    "certificates": "tests.certs.test_certificate_routes:test_a_stranger_sees_that_there_is_nothing",
    "old-stock": "tests.certs.old_stock.test_routes:test_another_organ_sees_no_batch",
    "certificate-queries": "tests.certs.queries.test_queries:test_only_systems_that_may_read_and_clerks_may_ask",
    "certificate-checks": "tests.certs.queries.test_queries:test_only_systems_that_may_read_and_clerks_may_ask",
    "certificate-copies": "tests.certs.copies.test_copies:test_a_link_works_once",
    "papers": "tests.certs.papers_twin.test_papers:test_another_organ_s_blanks_are_not_ours",
    "missing-reports": "tests.certs.missing.test_reports:test_nobody_else_reads_or_answers_it",
    "consents": "tests.certs.consents.test_consent_routes:test_nobody_agrees_for_somebody_they_are_not_bound_to",
    "presentations": "tests.certs.presentations.test_presentations:test_another_organisation_learns_nothing_of_a_code",
    "holder_objections": "tests.certs.holders.test_disputes:test_every_role_at_every_address",
    "holders": "tests.certs.holders.test_holders:test_who_is_bound_to_nobody_is_told_so",
    "holder_certificates": "tests.console.test_holder_pages:test_somebody_elses_certificate_is_not_there",
    "holder_code": "tests.console.test_holder_pages:test_a_code_is_kept_nowhere_and_taken_back_with_a_button",
    "holder_uses": "tests.console.test_holder_pages:test_every_use_is_told_with_its_receipt",
    "holder_consents": "tests.console.test_holder_pages:test_a_consent_is_given_and_ended",
    "scenes": "tests.certs.scenes.test_scenes:test_the_authority_registers_and_each_counts_its_own",
    "evidence": "tests.certs.evidence.test_making:test_a_holder_gets_none_of_anothers",
    "matters": "tests.certs.filing.matters.test_matters:test_only_the_authority_and_the_organ_speak_for_a_matter",
    "matter-imports": "tests.certs.filing.matters.test_imports:test_only_who_speaks_for_a_matter_brings_it",
    "filing": "tests.certs.filing.lookups.test_lookups:test_the_record_of_a_look_up_has_nobody_s_data",
    "filing-documents": "tests.certs.filing.sheets.test_receipts:test_a_receipt_is_the_asking_offices_alone",
    "archives": "tests.certs.filing.archives.test_transfers:"
    "test_an_archive_is_handed_over_refused_handed_over_again_and_received",
    "panels": "tests.certs.filing.panels.test_panels:test_another_organisation_sees_no_panel_and_a_person_makes_none",
    "cases": "tests.certs.filing.cases.test_cases:test_nobody_else_sees_a_case",
    "assistance": "tests.certs.filing.undertakings.test_undertakings:test_nobody_elses_paper_serves_or_is_seen",
    "packages": "tests.certs.filing.packages.test_packages:test_nobody_else_sees_a_package",
    "figures": "tests.certs.holders.test_evaluations:test_a_bad_one_is_a_duty_with_a_term_until_it_is_answered",
    "supervision": "tests.certs.supervision.test_supervision:test_nobody_else_reads_or_answers_a_notice",
    "seals": "tests.signing.test_seal_routes:test_nobody_but_the_owners_head_agrees",
    "sealing": "tests.signing.test_authorisations:test_only_the_owners_people_allow_uses",
    "seal-impressions": "tests.signing.impressions.test_routes:test_owners_do_not_browse_impressions",
    "signature-batches": "tests.signing.batches.test_routes:test_another_system_finds_nothing",
    "sessions": "tests.keys.parties.test_sessions:test_a_person_ends_own_sessions_only",
    "cascade_dialect": "tests.catalog_sync.cascade.test_two_sites:test_a_city_tells_only_of_its_own",
    "cascade_rows": "tests.catalog_sync.returns.test_two_sites:test_nothing_is_subscribed_nothing_comes",
    "tasks": "tests.console.test_working_pages:test_another_organisations_duties_are_not_shown",
    "deliveries": "tests.console.operators.test_delivery_pages:"
    "test_an_auditor_sees_it_and_changes_nothing_and_a_stranger_sees_nothing",
    "sync_pages": "tests.console.operators.test_operator_pages:"
    "test_an_operator_of_another_organisation_sees_no_content_and_may_do_nothing",
    "filing_cases": "tests.console.filing.test_hostile_forms:test_a_stranger_is_let_in_nowhere_and_told_nothing",
    "filing_undertakings": "tests.console.filing.test_hostile_forms:test_a_stranger_is_let_in_nowhere_and_told_nothing",
    "filing_packages": "tests.console.filing.test_hostile_forms:test_a_stranger_is_let_in_nowhere_and_told_nothing",
    "officer_library": "tests.console.officers.test_hostile_forms:test_a_stranger_is_let_in_nowhere_and_told_nothing",
    "officer_seals": "tests.console.officers.test_seals:"
    "test_who_has_no_role_for_a_step_is_refused_whatever_the_address_says",
    "x_road_dialect": "tests.exchange.dialects.test_x_road:test_a_client_speaks_only_under_its_own_name",
}
# By blueprint: why nothing in it belongs to one organisation.
OF_THE_SITE: Final = {
    "authority": "the site's own authority is run by its administrators, by role alone",
    "authority-certificates": "the same",
    "checkpoints": "the log is the site's",
    "custody_keys": "keys in custody are the site's",
    "organisations": "organisations are kept by the site's administrators",
    "people": "accounts are kept by the site's administrators",
    "systems": "systems are kept by the site's administrators",
    "party-imports": "the same, many at a time",
    "trust": "whom the site trusts is decided by its administrators",
    "login": "pages about the session of whoever asks",
    "sync-outbox": "what goes up is the site's; whose people decide about it is a setting, which its own test walks",
    "sync-channels": "the same",
    "sync-held": "what other sites told is the site's; who reads what it says is the same setting",
    "sync-reconciliations": "what was told to others is the site's; who has it repaired is the same setting",
    "sync-outside-seals": "what a platform says of others' seals is the site's; it names no person",
    "sync-mirror": "copies of what others offer are the site's; who decides about them is the same setting",
    "returns": "what comes down is brought in by those who run synchronisation; who they are is the same setting",
    "verify_roots": "a visitor's root becomes the site's by its administrators",
    "figure_pages": "a page of counts about everybody and of nobody in particular",
    "auditing": "the audit trail is the site's: an auditor searches all of it, and taking it out needs a second person",
    "audit": "the same, as pages",
    "audit_exports": "the same",
    "comparisons": "as sync-reconciliations, as pages",
    "running": "jobs and diagnostics are the site's",
    "systems_pages": "systems are kept by the site's administrators",
    "backup_pages": "backups are the site's",
    "maintenance_pages": "a maintenance window is the site's, and everybody is told of it",
    "officer_types": "which certificates there are is public",
}
# By blueprint of pages that no walk of their own asks for: pages decide nothing, they call the verbs of these
# blueprints of the API, whose walks stand above. What such a page shows of its own accord is not proven by them.
PAGES_OVER: Final = {
    "directory_lists": ("directories", "changes"),
    "directory_pages": ("directories", "changes"),
    "draft_pages": ("directories", "changes"),
    "review_pages": ("directories",),
    "import_pages": ("directory-imports",),
    "mount_pages": ("mounts",),
    "quality_pages": ("directory-quality",),
    "share_pages": ("share-requests",),
    "grant_pages": ("grants",),
    "demand_pages": ("demands",),
    "objection_pages": ("objections",),
    "ticket_pages": ("monitoring",),
    "officer_issuing": ("certificates",),
    "officer_deposits": ("certificates",),
    "officer_missing": ("missing-reports",),
    "officer_seal_use": ("sealing",),
    "officer_stock": ("old-stock",),
    "filing_desk": ("filing", "matters", "missing-reports"),
    "filing_codes": ("presentations",),
}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    return route_roles.running(tmp_path_factory.mktemp("journey"))


def test_the_table_is_what_the_application_says(served: Flask):
    """Differs: look at what changed, and write it with `python -m tests.journeys.route_roles`."""
    assert route_roles.table(served).splitlines() == route_roles.TABLE.read_text("utf-8").splitlines()


# --- who is not named is refused --------------------------------------------------------------------------------


# Blueprints of pages whose guard is `for_people`; the others are asked by systems, or open to some extent.
_PAGES: Final = frozenset(each.name for each in pages.FURNITURE.blueprints)


def everybody() -> Iterator[Caller]:
    """Somebody of each role, with that alone, and a system for each scope with all but that."""
    for role in sorted(ROLES):
        yield Caller("person", role, role, "", frozenset({role}))
    for scope in sorted(SCOPES):
        yield Caller("system", f"without-{scope.replace(':', '-')}", "", "", scopes=SCOPES - {scope})


EVERYBODY: Final = tuple(everybody())


@pytest.fixture(scope="module")
def door(served: Flask) -> Door:
    known = {each.id: each for each in EVERYBODY}

    def authenticate(credentials: Credentials, /) -> Caller:
        return known.get(credentials.session_cookie or "", ANONYMOUS)

    web.furnish(served, AuthenticatorPart(authenticate))
    return Door(served, known)


def may(by: Caller, guard: web.Guard) -> bool:
    """Read the table's line plainly; shares nothing with the guard's own judgement."""
    if by.kind == "person":
        return guard.signed_in or bool(guard.roles & by.roles)
    return guard.scope is not None and guard.scope in by.scopes


@pytest.mark.parametrize("by", [None, *EVERYBODY], ids=lambda each: each.id if each else "nobody")
def test_whoever_is_not_named_is_refused_at_every_address(door: Door, served: Flask, by: Caller | None):
    let_in = []
    for each in addresses(served):
        if not each.rule.startswith("/api/v1/") or each.guard.open_to_all or (by and may(by, each.guard)):
            continue
        answer = door.call(by.id if by else None, each.method, _place(each.rule).removeprefix("/api/v1"))
        if answer.status_code != (403 if by else 401):
            let_in.append((str(each), answer.status_code))
    assert let_in == []


@pytest.mark.parametrize("by", [None, *EVERYBODY], ids=lambda each: each.id if each else "nobody")
def test_whoever_is_not_named_is_refused_at_every_page_and_form(door: Door, served: Flask, by: Caller | None):
    """Nobody is led to the login; everybody else is told that it is not theirs, and nothing of what is there."""
    let_in = []
    for each in addresses(served):
        if each.rule.startswith("/api/") or each.guard.open_to_all or (by and may(by, each.guard)):
            continue
        if each.blueprint not in _PAGES:
            continue
        headers = {"Accept": "text/html", **({"Cookie": f"__Host-yinxin={by.id}"} if by else {})}
        client = served.test_client(use_cookies=False)
        answer = client.open(_place(each.rule), method=each.method, headers=headers)
        if answer.status_code not in ({403} if by else {303, 401}):
            let_in.append((str(each), answer.status_code))
    assert let_in == []


def _place(rule: str) -> str:
    """Fill the holes of a rule with something that is not there."""
    rule = re.sub(r"<any\((\w+)[^>]*>", r"\1", rule)
    parts = [each.partition(">") for each in rule.split("<")]
    filled = [("1" if name.startswith("int:") else "x") + rest for name, _, rest in parts[1:]]
    return rule.split("<", 1)[0] + "".join(filled)


# --- what is open, and what is one organisation's ---------------------------------------------------------------


def unreasoned(of: Flask) -> list[str]:
    """Tell which open addresses have no reason here."""
    opened = [each for each in addresses(of) if each.guard.open_to_all]
    return [str(each) for each in opened if not {each.blueprint, f"{each.blueprint} {each.rule}"} & set(OPEN)]


def unwalked(of: Flask) -> list[str]:
    """Tell which guarded addresses no matrix walks."""
    return [str(each) for each in addresses(of) if not each.guard.open_to_all and not _is_walked(each)]


def _in_table(each: Address) -> bool:
    named = (each.method, each.rule.removeprefix("/api/v1"))
    return any(named in table for _, table in TABLES)


def _is_walked(each: Address) -> bool:
    if _in_table(each):
        return True
    return any(each.blueprint in table for table in (WALKED, OF_THE_SITE, PAGES_OVER))


def test_whatever_is_open_has_a_reason_and_nothing_else_has(served: Flask):
    assert unreasoned(served) == []
    opened = [each for each in addresses(served) if each.guard.open_to_all]
    known = {each.blueprint for each in opened} | {f"{each.blueprint} {each.rule}" for each in opened}
    assert set(OPEN) - known == set()


def test_every_guarded_address_is_walked_by_another_organisation_or_belongs_to_none(served: Flask):
    assert unwalked(served) == []
    known = {each.blueprint for each in addresses(served) if not each.guard.open_to_all}
    assert (set(WALKED) | set(OF_THE_SITE) | set(PAGES_OVER)) - known == set()
    assert len({*WALKED, *OF_THE_SITE, *PAGES_OVER}) == len(WALKED) + len(OF_THE_SITE) + len(PAGES_OVER)


def test_what_pages_stand_over_is_walked_at_the_api(served: Flask):
    by_machines = {each.blueprint: each for each in addresses(served) if each.rule.startswith("/api/v1/")}
    walked = {name for name, each in by_machines.items() if name in WALKED or _in_table(each)}
    assert {over for named in PAGES_OVER.values() for over in named} - walked == set()
    rules = [each.rule for each in addresses(served) if each.blueprint in PAGES_OVER]
    assert [each for each in rules if not each.startswith("/console/")] == []


def test_every_address_of_a_table_is_there(served: Flask):
    there = {(each.method, each.rule.removeprefix("/api/v1")) for each in addresses(served)}
    for module, table in TABLES:
        assert table <= there, module.__name__


@pytest.mark.parametrize("named", WALKED.values(), ids=WALKED.keys())
def test_every_walk_that_is_named_is_a_test(named: str):
    module, _, function = named.partition(":")
    assert callable(getattr(importlib.import_module(module), function))


@pytest.mark.parametrize("opened", [True, False])
def test_a_whole_new_blueprint_that_nobody_listed_is_found(tmp_path: Path, *, opened: bool):
    planted = Blueprint("planted", __name__)

    def view() -> Any:
        return ""

    guard = web.open_to_all if opened else web.guarded(roles={"steward"})
    planted.add_url_rule("/planted", view_func=guard(view))
    bare = Flask("bare")
    bare.register_blueprint(planted)
    found = unreasoned(bare) if opened else unwalked(bare)
    assert [each.split()[1] for each in found if "planted" in each] == ["/planted"]
