"""What a call may have, and what this house knows of it: read in one transaction, before any other library is asked.

1. Each query's types; whether the caller may ask for them (`permission`). A caller who may ask for none is refused; of
   many queries those that are not granted are denied, each by itself.
2. Where a type needs the holder's consent and none stands, the query is denied before anything is looked for, so that
   *denied* tells nothing of whether there is a certificate. Where no holder is named (by identifier, by number) the
   holders of what is found are asked about, and nothing found is denied like something found.
3. The library of this house answers all queries at once; the others give back what has to be fetched, for those queries
   that it could not settle.

The number of statements does not grow with the queries or the certificates.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final

from sqlalchemy.orm import Session

from base.errors import DomainError
from certs import contents
from certs.consents.consent import Consent
from certs.libraries import own
from certs.libraries.answers import Answer, Asked, Entry, Question
from certs.libraries.library import Fetching, Library
from certs.queries import fields as certificate_fields
from certs.queries import misses
from certs.queries import permission as permissions
from certs.queries.calls import Call, Query, types_of
from certs.queries.fields import Dates
from certs.queries.outcomes import settles
from certs.queries.permission import Held, Permission
from certs.queries.wiring import Queries
from certs.scenes import scenes
from certs.types.certificate_type import Holding
from exchange.agreements.caller_kinds import CallerKind
from exchange.agreements.errors import NotGranted
from exchange.door import asking, quotas
from exchange.door.outcomes import Outcome
from exchange.door.quotas import Taking
from keys.envelopes import Recipient

NOT_GRANTED: Final = Answer(Outcome.DENIED, "not-granted")
CONSENT_MISSING: Final = Answer(Outcome.DENIED, "consent-missing")
FROZEN: Final = Answer(Outcome.DENIED, "frozen")
NOTHING_AMONG: Final = Answer(Outcome.NOT_FOUND, "ask-by-type")
CHECK_ONLY: Final = Answer(Outcome.NOT_COVERED, "check-only")


@dataclass(frozen=True)
class Prepared:
    """A query that may be asked, or was denied: under which permissions, what is known, and what is still fetched."""

    query: Query
    permissions: Mapping[str, Permission]
    question: Question | None = None
    asked: tuple[Asked, ...] = ()
    fetching: tuple[tuple[Library, Fetching], ...] = ()
    # The consents under which it is answered, by holder and type.
    consents: Mapping[Held, Consent] = field(default_factory=dict, repr=False)
    recipient: Recipient | None = None
    refusal: DomainError | None = None
    # Whom it is about, as hashes: so that they see the use, whether it was answered or not.
    holders: tuple[str, ...] = field(default=(), repr=False)
    # Types of high level that were left out because no consent stands for them.
    left_out: bool = False

    @property
    def first(self) -> Permission:
        """Give the permission under which the use is recorded where nothing was found."""
        return next(iter(self.permissions.values()))


def prepare(session: Session, parts: Queries, call: Call) -> list[Prepared]:
    """Find out what the call may have, and what this house has of it.

    Raises `NotGranted`, `SceneNotApproved`, `NoSuchCertificateType`, `InvalidCertificateIdentifier`,
    `UnsoundHolderCode`, `UnknownCertificateField`, `QuotaExceeded`, `NoSealingKey`.
    """
    judged = [_about(session, parts, each) for each in _permitted(session, parts, call)]
    _look_at_quotas(session, parts, judged, call)
    agreed = _agreed(session, parts, judged, call)
    known = _known(session, parts, agreed, call)
    seen = _agreed_by_holders(session, parts, known, call)
    return _sealed(session, _elsewhere(session, parts, seen, call), call)


# --- 1: who may ask -----------------------------------------------------------------------------------------------


def _permitted(session: Session, parts: Queries, call: Call) -> list[Prepared]:
    """Ask for the grants of all types that the call is about."""
    wanted = [types_of(each, parts.certs.types, call.at) for each in call.queries]
    if len(wanted) == 1 and len(wanted[0]) == 1:
        query = call.queries[0]
        found = permissions.permitted(
            session, wanted[0][0], call.by, call.purpose, query.fields, call.at, mode=call.mode
        )
        return [Prepared(query, {found.type.code: _of_scene(session, found, call)})]
    every = {each.code: each for types in wanted for each in types}
    answers = permissions.permitted_each(session, tuple(every.values()), call.by, call.purpose, call.at, mode=call.mode)
    approved = {code: _approved(session, each, call) for code, each in answers.items()}
    prepared = [
        _of_several(query, {each.code: approved[each.code] for each in types})
        for query, types in zip(call.queries, wanted, strict=True)
    ]
    refusals = [each.refusal for each in prepared if each.refusal is not None]
    if len(refusals) == len(prepared):
        raise refusals[0]
    return prepared


def _of_scene(session: Session, permission: Permission, call: Call) -> Permission:
    """Leave what the caller's scene approves, where it is none of the government's. Raises `SceneNotApproved`."""
    if permission.allowed.contract.kind is not CallerKind.OUTSIDE:
        return permission
    return scenes.narrowed(session, permission, call.by, call.purpose, call.at)


def _approved(session: Session, answer: Permission | NotGranted, call: Call) -> Permission | DomainError:
    if isinstance(answer, NotGranted):
        return answer
    try:
        return _of_scene(session, answer, call)
    except DomainError as refusal:
        return refusal


def _of_several(query: Query, answers: Mapping[str, Permission | DomainError]) -> Prepared:
    """Keep what is granted; fields that are asked for narrow each type to those that it has."""
    granted: dict[str, Permission] = {}
    refusal: DomainError | None = None
    for code, answer in answers.items():
        if isinstance(answer, DomainError):
            refusal = refusal or answer
            continue
        try:
            granted[code] = _narrowed(answer, query, is_alone=len(answers) == 1)
        except NotGranted as error:
            refusal = error
    return Prepared(query, MappingProxyType(granted), refusal=None if granted else refusal)


def _narrowed(permission: Permission, query: Query, *, is_alone: bool) -> Permission:
    if is_alone or not query.fields:
        return permissions.narrowed(permission, query.fields)
    names = certificate_fields.names_of(permission.type)
    known = [each for each in query.fields if each in names]
    return permissions.narrowed(permission, known) if known else replace(permission, fields=())


def _about(session: Session, parts: Queries, prepared: Prepared) -> Prepared:
    named = prepared.query.holder
    if named is None:
        return prepared
    return replace(prepared, holders=(contents.holder_hash(session, parts.certs.keys, named.type, named.code),))


def _look_at_quotas(session: Session, parts: Queries, prepared: Sequence[Prepared], call: Call) -> None:
    """Refuse early, before anybody is asked for nothing. Raises `QuotaExceeded`."""
    allowed = [each.first.allowed for each in prepared if each.permissions]
    calls = Counter(each.contract.id for each in allowed)
    quota_of = {each.contract.id: each.quota for each in allowed}
    takings = [Taking(code, quota_of[code], count) for code, count in calls.items()]
    holders = sorted({holder for each in prepared for holder in each.holders})
    quotas.look(session, (*takings, *misses.holder_takings(parts, holders)), call.at)


# --- 2: whether the holder has agreed -----------------------------------------------------------------------------


def _agreed(session: Session, parts: Queries, prepared: Sequence[Prepared], call: Call) -> list[Prepared]:
    """Lay out the questions; where the holder is named and has not agreed, the query ends here."""
    asked = {
        (holder, code)
        for each in prepared
        for holder in each.holders
        for code, permission in each.permissions.items()
        if permission.needs_consent
    }
    standing = _standing(session, parts, asked, call)
    return [_question(each, standing, call) if each.permissions else _closed(each, NOT_GRANTED) for each in prepared]


def _question(prepared: Prepared, standing: Mapping[Held, Consent], call: Call) -> Prepared:
    query, holder = prepared.query, next(iter(prepared.holders), "")
    held = {pair: consent for pair, consent in standing.items() if pair[0] == holder}
    open_ones = {code: each for code, each in _agreed_ones(prepared, holder, held) if each is not None}
    if not open_ones:
        return _closed(prepared, CONSENT_MISSING)
    types = tuple(each.type for each in open_ones.values())
    if len(types) == 1 and types[0].holding is Holding.CHECK_ONLY and not call.compares:
        return _closed(prepared, CHECK_ONLY)
    question = Question(
        types,
        query.identifier,
        query.holder,
        query.number,
        holder,
        needed=_needed(open_ones.values()),
        under=_under(open_ones.values(), call),
        is_passed_on=_is_passed_on(open_ones.values(), call),
    )
    left_out = len(open_ones) < len(prepared.permissions)
    told = MappingProxyType(open_ones)
    return replace(prepared, permissions=told, question=question, consents=held, left_out=left_out)


def _needed(given: Iterable[Permission]) -> tuple[str, ...]:
    """Name what is needed of a certificate: what is granted, and what the granted rows are told by."""
    return tuple(
        dict.fromkeys(name for each in given for name in (*each.fields, *(one.item for one in each.conditions)))
    )


def _under(given: Iterable[Permission], call: Call) -> str:
    """Name who asks and the grants under which they do, so that an answer that is kept is nobody else's."""
    contracts = sorted(f"{each.allowed.contract.id} {each.allowed.contract.version}" for each in given)
    return "\n".join((call.by.organisation, *contracts))


def _is_passed_on(given: Iterable[Permission], call: Call) -> bool:
    """Tell whether another platform asks: it says so, or is known as one."""
    return call.is_passed_on or any(each.allowed.contract.kind is CallerKind.PLATFORM for each in given)


def _agreed_ones(
    prepared: Prepared, holder: str, held: Mapping[Held, Consent]
) -> Iterator[tuple[str, Permission | None]]:
    """Give each type's permission as far as the holder agreed; nobody who is unnamed can have been asked yet."""
    for code, permission in prepared.permissions.items():
        if not permission.needs_consent or not holder:
            yield code, permission
        else:
            yield code, _agreed_one(permission, held.get((holder, code)))


def _agreed_one(permission: Permission, consent: Consent | None) -> Permission | None:
    narrowed_one = permissions.agreed(permission, consent) if consent is not None else None
    return narrowed_one if narrowed_one is not None and narrowed_one.fields else None


def _agreed_by_holders(session: Session, parts: Queries, prepared: Sequence[Prepared], call: Call) -> list[Prepared]:
    """Where nobody was named, ask for the consents of whoever holds what was found."""
    waiting = [each for each in prepared if _awaits_holders(each)]
    asked = {
        (holder, each.first.type.code)
        for each in waiting
        for entry in each.asked[0].answer.entries
        for holder in entry.holder_hashes
    }
    standing = _standing(session, parts, asked, call)
    return [_of_holders(each, standing) if _awaits_holders(each) else each for each in prepared]


def _awaits_holders(prepared: Prepared) -> bool:
    return prepared.question is not None and not prepared.question.holder_hash and prepared.first.needs_consent


def _of_holders(prepared: Prepared, standing: Mapping[Held, Consent]) -> Prepared:
    permission, answer = prepared.first, prepared.asked[0].answer
    code = permission.type.code
    holders = sorted({holder for entry in answer.entries for holder in entry.holder_hashes})
    held = {(holder, code): standing[holder, code] for holder in holders if (holder, code) in standing}
    told = replace(prepared, consents=held, holders=tuple(holders))
    narrowed_one = _agreed_one(permission, next(iter(held.values()), None))
    if narrowed_one is None:
        return _closed(told, CONSENT_MISSING)
    told = replace(told, permissions=MappingProxyType({code: narrowed_one}))
    return replace(told, asked=tuple(replace(each, answer=seen(told, each.answer)) for each in told.asked))


def _standing(session: Session, parts: Queries, asked: Iterable[Held], call: Call) -> Mapping[Held, Consent]:
    pairs = sorted(asked)
    if not pairs:
        return {}
    return parts.consents.standing(session, pairs, call.by.organisation, call.purpose, call.at)


# --- 3: what is known ---------------------------------------------------------------------------------------------


def _known(session: Session, parts: Queries, prepared: Sequence[Prepared], call: Call) -> list[Prepared]:
    """Ask the library of this house, all questions at once."""
    questions = [each.question for each in prepared if each.question is not None]
    answers = list(parts.own.prepare(session, questions, call.purpose, call.at))
    if any(not each.holder_hash for each in questions):
        answers = own.with_holders(session, answers)
    following = iter(answers)
    return [
        each if each.question is None else replace(each, asked=(_asked(parts.own, each, next(following)),))
        for each in prepared
    ]


def _elsewhere(session: Session, parts: Queries, prepared: Sequence[Prepared], call: Call) -> list[Prepared]:
    """Have the other libraries lay out what is to be fetched, for the queries that are not settled."""
    told = list(prepared)
    for library in parts.others:
        open_ones = [place for place, each in enumerate(told) if _is_open(each)]
        questions = [question for place in open_ones if (question := told[place].question) is not None]
        if not questions:
            break
        given = library.prepare(session, questions, call.purpose, call.at)
        for place, one in zip(open_ones, given, strict=True):
            if isinstance(one, Answer):
                told[place] = replace(told[place], asked=(*told[place].asked, _asked(library, told[place], one)))
            else:
                told[place] = replace(told[place], fetching=(*told[place].fetching, (library, one)))
    return told


def _is_open(prepared: Prepared) -> bool:
    """Other libraries are asked for a type, and only where nothing was found so far."""
    question = prepared.question
    return (
        question is not None and question.type is not None and not any(settles(each.answer) for each in prepared.asked)
    )


def _asked(library: Library, prepared: Prepared, answer: Answer) -> Asked:
    return Asked(library.name, library.origin, seen(prepared, answer))


def seen(prepared: Prepared, answer: Answer) -> Answer:
    """Give an answer without what lies outside the granted rows, and with its own outcome where all are frozen.

    Where nothing was found a decoy is judged, so that it takes as long as something outside.
    """
    if answer.outcome is Outcome.NOT_FOUND and prepared.permissions:
        _is_within(prepared, replace(own.DECOY, type=next(iter(prepared.permissions))))
    if answer.outcome is not Outcome.FOUND:
        is_nothing_among = answer.outcome is Outcome.NOT_FOUND and prepared.left_out
        return replace(answer, reason=NOTHING_AMONG.reason) if is_nothing_among else answer
    entries = tuple(each for each in answer.entries if _is_within(prepared, each))
    if not entries:
        return replace(answer, outcome=Outcome.NOT_FOUND, reason="no-such-certificate", entries=())
    if all(each.standing.value == "frozen" for each in entries):
        return replace(answer, outcome=FROZEN.outcome, reason=FROZEN.reason, entries=entries)
    serves = any(each.content is not None for each in entries)
    return replace(answer, reason="found" if serves else "not-in-force", entries=entries)


def _is_within(prepared: Prepared, entry: Entry) -> bool:
    """Tell whether a certificate lies in the granted rows; what cannot be judged lies outside."""
    permission = prepared.permissions.get(entry.type)
    if permission is None or not _is_agreed(prepared, entry):
        return False
    if not permission.conditions:
        return True
    if entry.content is None:
        return False
    return certificate_fields.within(permission.conditions, certificate_fields.values(entry.content, dates_of(entry)))


def _is_agreed(prepared: Prepared, entry: Entry) -> bool:
    """Tell whether a consent that names certificates names this one."""
    named = [each.identifiers for (_, code), each in prepared.consents.items() if code == entry.type]
    return all(not identifiers or entry.identifier in identifiers for identifiers in named)


def dates_of(entry: Entry) -> Dates:
    """Give what every certificate says beside its fields."""
    return Dates(entry.issuer, entry.region, entry.issued_on, entry.valid_from, entry.valid_until)


def _closed(prepared: Prepared, answer: Answer) -> Prepared:
    return replace(prepared, question=None, asked=(Asked("own", "local", answer),), consents={})


def _sealed(session: Session, prepared: Sequence[Prepared], call: Call) -> list[Prepared]:
    """Find the key to which answers are closed, where a grant asks for that. Raises `NoSealingKey`."""
    if not any(each.allowed.encrypted for one in prepared for each in one.permissions.values()):
        return list(prepared)
    recipient = asking.recipient_of(session, call.by, call.at)
    return [
        replace(one, recipient=recipient) if any(each.allowed.encrypted for each in one.permissions.values()) else one
        for one in prepared
    ]
