"""Addresses in a text: links, what looks like phishing, letters that look alike, and contacts of other people."""

import re
import unicodedata
from collections.abc import Iterator

from incident_app.domain.notices.lint.findings import Finding, Weight
from incident_app.domain.notices.lint.habits import plain
from incident_app.domain.notices.rendering import Facts, Text

_SHORT = ("bit.ly", "buff.ly", "clck.ru", "cutt.ly", "goo.gl", "is.gd", "ow.ly", "rb.gy", "rebrand.ly", "s.id", "shorturl.at",
          "t.co", "t.ly", "tiny.cc", "tinyurl.com", "v.gd", "vk.cc")
_LINK = re.compile(
    r"https?://|\bwww\.|\bt\.me/|\bxn--|(?<![\w.@-])(?:" + "|".join(map(re.escape, _SHORT)) + r")\b", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+")
_LOOKALIKES = {"LATIN", "CYRILLIC", "GREEK"}
_IP = re.compile(r"(?<![\w.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\w.]*\d)")
_PATH = re.compile(r"(?<![\w@])(?:[\w-]+\.)+[a-z]{2,}/[\w#?=&%/-]+", re.IGNORECASE)
_DOOR = re.compile(r"(?<![\w@])(?:log-?in|sign-?in|account|secure|verify|auth|signin)[\w-]*\.(?:[\w-]+\.)*[a-z]{2,}|"
                   r"(?<![\w@])(?:[\w-]+\.)+[a-z]{2,}/\S*(?:log-?in|sign-?in|verify|auth|account|reset)", re.IGNORECASE)
_EMAIL = re.compile(r"[\w.+-]+@(?:[\w-]+\.)+\w{2,}")
_PHONE = re.compile(r"(?<![\w.,/-])\+?\(?\d[\d ()/\u2011-]{6,18}\d(?![\w-])")
_DATE = re.compile(r"\d{1,4}[-/. ]\d{1,2}[-/. ]\d{1,4}")
_FREE_MAIL = {"gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "yahoo.com", "gmx.de", "web.de", "mail.ru",
              "yandex.ru", "icloud.com", "proton.me", "libero.it", "orange.fr", "wp.pl", "ukr.net"}
PUBLIC_ADDRESSES = {"report@phishing.gov.uk"}
FEWEST_DIGITS = 8


def lookalikes(text: str) -> list[str]:
    """Return the words whose letters come from more than one of the alphabets that look alike: an address may be forged so."""
    return [word for word in dict.fromkeys(_WORD.findall(text)) if len(_alphabets(word) & _LOOKALIKES) > 1]


def _alphabets(word: str) -> set[str]:
    return {"LATIN"} if word.isascii() else {unicodedata.name(sign, "").split(" ")[0] for sign in word}


def link_findings(text: Text) -> Iterator[Finding]:
    """Find links and everything that looks like the way to a false sign-in page."""
    whole = f"{text.subject}\n{text.body}"
    if _LINK.search(whole):
        yield Finding("link", Weight.BLOCK,
                      "There is a link. Phishing looks like that: write the address plainly, without http or www.")
        return
    for address in dict.fromkeys(_IP.findall(whole) and [found[0] for found in _IP.finditer(whole)]):
        yield Finding("ip_address", Weight.HOLD, f"“{address}” is the address of a machine: nobody can tell whose it is.")
    door = _DOOR.search(whole)
    if door:
        yield Finding("sign_in_address", Weight.HOLD, f"“{door[0]}” leads to a place to sign in. False letters do that.")
    elif _PATH.search(whole):
        path = _PATH.findall(whole)[0]
        yield Finding("address_path", Weight.LOOK, f"“{path}” is an address that people cannot remember: name the bare site.")


def lookalike_findings(text: Text) -> Iterator[Finding]:
    """Find words that mix alphabets."""
    for word in lookalikes(f"{text.subject}\n{text.body}".casefold())[:3]:
        yield Finding("mixed_letters", Weight.LOOK,
                      f"“{word}” mixes letters that look alike from several alphabets: type it anew.")


def contact_findings(text: Text, facts: Facts) -> Iterator[Finding]:
    """Find addresses and numbers that are neither those of the contact nor public."""
    whole = plain(f"{text.subject}\n{text.body}")
    own = {_site(facts.dpo_email), _site(facts.website)} - _FREE_MAIL - {""}
    allowed = {facts.dpo_email.casefold(), *PUBLIC_ADDRESSES}
    emails = [one for one in dict.fromkeys(_EMAIL.findall(whole)) if one not in allowed and _site(one) not in own]
    if emails:
        yield Finding("other_people", Weight.HOLD, "There is an email address that is not your contact’s: "
                      f"“{emails[0]}”. Data of other people must not stand in a notice.")
    known_numbers = {_digits(facts.dpo_phone), _digits(facts.case_ref)} - {""}
    numbers = [one.strip() for one in _PHONE.findall(_EMAIL.sub(" ", whole).replace(facts.case_ref.casefold(), " "))]
    others = [one for one in numbers if _is_phone(one) and _digits(one) not in known_numbers]
    if others:
        yield Finding("other_people", Weight.HOLD, f"“{others[0]}” looks like a phone or account number that is not your "
                      "contact’s. Data of other people must not stand in a notice.")


def _site(address: str) -> str:
    return re.sub(r"^https?://(www\.)?", "", address.casefold()).rpartition("@")[2].split("/")[0]


def _digits(text: str) -> str:
    return "".join(sign for sign in text if sign.isdigit()).lstrip("0")


def _is_phone(number: str) -> bool:
    return len(_digits(number)) >= FEWEST_DIGITS and not _DATE.fullmatch(number)
