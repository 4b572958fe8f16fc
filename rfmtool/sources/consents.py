"""Which words say that somebody may be written to, and which that they may not."""

# ruff: noqa: RUF001 - words of other languages

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from rfmtool.arrays import Mask, mask_of

REFUSALS: Final = frozenset({
    "no", "false", "0", "n", "f", "off", "never", "unsubscribed", "refused", "denied", "withdrawn",
    "revoked", "cleaned", "suppressed", "opted_out", "opt_out", "optout", "not_subscribed",
    "not_opted_in", "nein", "non", "não", "nao", "nee", "nej", "nei", "nie", "ne", "nem", "hayır",
    "нет", "いいえ", "否", "✗", "✘",
    # As spreadsheets and columns of numbers write it
    "0.0", "0,0", "falsch", "faux", "falso", "onwaar", "fałsz", "falskt", "ложь",
    # As mail tools and people do
    "never_subscribed", "non_subscribed", "unsubscribe", "declined", "decline", "deny", "rejected",
    "disabled", "inactive", "no_consent", "not_consented", "not_given", "not_granted", "no_thanks",
    "no,_thanks", "do_not_contact", "do_not_email", "do_not_mail", "bounced", "hard_bounce",
    "hard_bounced", "spam", "complained", "complaint", "blocked", "blacklisted", "abgemeldet",
    "abbestellt", "widerrufen", "abgelehnt", "nicht_zugestimmt", "nicht_erteilt", "gesperrt",
    "désabonné", "désabonnée", "désinscrit", "refusé", "refusée", "rechazado", "de_baja", "baja",
    "rifiutato", "disiscritto", "non_iscritto", "afgemeld", "uitgeschreven", "geweigerd",
    "descadastrado", "recusado", "wypisany", "avregistrerad", "avmeldt", "frameldt", "odhlášen",
})  # fmt: skip
"""A consent that says no: in small letters, `_` for spaces and hyphens."""
CONSENTS: Final = frozenset({
    "yes", "true", "1", "y", "t", "on", "subscribed", "opted_in", "opt_in", "optin", "granted",
    "given", "confirmed", "accepted", "ja", "oui", "si", "sí", "sim", "tak", "da", "да", "はい",
    "1.0", "1,0", "wahr", "vrai", "verdadero", "vero", "verdadeiro", "waar", "prawda", "sant",
    "consented", "angemeldet", "abonniert", "zugestimmt", "erteilt", "abonné", "abonnée", "inscrit",
    "suscrito", "iscritto", "ingeschreven", "aangemeld", "inscrito", "zapisany", "accepté",
    "aceptado", "accettato", "aceito",
})  # fmt: skip
"""A consent that says yes; whatever says neither is not known."""
NOT_KNOWN: Final = frozenset({
    "", "_", "?", "unknown", "n/a", "na", "none", "null", "nan", "pending", "unconfirmed",
    "not_set", "unbekannt", "inconnu", "desconocido", "sconosciuto", "onbekend",
})  # fmt: skip
"""What says that nobody knows."""
OPTED_OUT: Final = frozenset({
    "hasoptedoutofemail", "optedout", "optedoutofemail", "emailoptedout", "optout", "emailoptout",
    "optoutofemail", "marketingoptout", "unsubscribed", "isunsubscribed", "emailunsubscribed",
    "unsubscribedfromallemail", "unsubscribedat", "unsubscribedon", "unsubscribedate",
    "unsubscribetime", "dateunsubscribed", "optoutdate", "optouttime", "optedoutat", "donotemail",
    "donotmail", "donotcontact", "donotemailme", "noemail", "nomail", "emailblacklisted",
    "hsemailoptout", "unsubtime", "unsubdate", "emailsuppressed", "emailsuppressions",
    "abgemeldet", "abgemeldetam", "abbestellt", "werbesperre", "mailsperre", "keinewerbung",
    "widerspruch", "desabonne", "desinscrit", "desinscritle", "nepascontacter", "nocontactar",
    "dadodebaja", "disiscritto", "noncontattare", "uitgeschreven", "afgemeld", "nietmailen",
})  # fmt: skip
"""Names of columns, as `names.normal` writes them, that are filled or true of who opted out."""


def saying(cells: pa.Array | pa.ChunkedArray, words: Collection[str]) -> Mask:
    """Which cells of a consent column are one of these words, however they are spelt."""
    small = pc.utf8_lower(pc.utf8_trim(cells.cast(pa.string()), " \t\r\n\u00a0.!;'\""))
    bare = pc.replace_substring_regex(small, r"[\s-]+", "_")
    return mask_of(pc.is_in(bare, pa.array(sorted(words))))
