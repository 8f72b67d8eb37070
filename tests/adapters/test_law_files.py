"""The law as data: the real files load; a broken one is named with its key."""

import shutil
from pathlib import Path

import pytest

from incident_app.adapters.law_files import LAW_FOLDER, LawFiles
from incident_app.adapters.toml_tables import LawFileError
from incident_app.domain.cases import ControllerRole
from incident_app.domain.regimes import Confidence, Mode, Status, Threshold, Unit
from incident_app.domain.risk import DataClass

REAL = LawFiles().load()


def test_the_laws_of_the_first_regions_are_there() -> None:
    assert {regime.id for regime in REAL.regimes} >= {
        "EU-GDPR", "EU-GDPR-OMNIBUS", "UK-GDPR", "RU-152FZ", "BR-LGPD"}


@pytest.mark.parametrize(("regime", "stage", "recipient_type", "anchor", "value", "unit", "mode", "hour_rule"), [
    ("EU-GDPR", "initial", "authority", "aware", 72, Unit.HOURS, Mode.ELAPSED, True),
    ("EU-GDPR", "follow-up", "authority", "initial_sent", None, Unit.NONE, Mode.UNDUE_DELAY, False),
    ("EU-GDPR", "record", "register", "aware", None, Unit.NONE, Mode.NONE, False),
    ("EU-GDPR-OMNIBUS", "initial", "authority", "aware", 96, Unit.HOURS, Mode.ELAPSED, True),
    ("UK-GDPR", "initial", "authority", "aware", 72, Unit.HOURS, Mode.ELAPSED, False),
    ("RU-152FZ", "initial", "authority", "detected", 24, Unit.HOURS, Mode.ELAPSED, False),
    ("RU-152FZ", "final", "authority", "detected", 72, Unit.HOURS, Mode.ELAPSED, False),
    ("BR-LGPD", "initial", "authority", "knows_personal_data_affected", 3, Unit.BUSINESS_DAYS, Mode.BUSINESS_DAYS,
     False),
    ("BR-LGPD", "notice", "data_subjects", "knows_personal_data_affected", 3, Unit.BUSINESS_DAYS,
     Mode.BUSINESS_DAYS, False),
    ("BR-LGPD", "supplement", "authority", "initial_sent", 20, Unit.BUSINESS_DAYS, Mode.BUSINESS_DAYS, False),
])
def test_a_rule_has_the_terms_of_its_law(
    regime: str, stage: str, recipient_type: str, anchor: str, value: int | None, unit: Unit, mode: Mode,
    hour_rule: bool,
) -> None:
    found = REAL.regime(regime)
    assert found is not None

    rule = next(one for one in found.rules if (one.stage, one.recipient_type) == (stage, recipient_type))

    assert (rule.anchor, rule.value, rule.unit, rule.mode, rule.hour_rule) == (anchor, value, unit, mode, hour_rule)


def test_a_processor_owes_the_controller_and_the_proposal_is_marked_as_one() -> None:
    eu, omnibus = REAL.regime("EU-GDPR"), REAL.regime("EU-GDPR-OMNIBUS")
    assert eu is not None
    assert omnibus is not None

    assert [rule.provision for rule in eu.rules if rule.binds is ControllerRole.PROCESSOR] == ["Art 33(2)"]
    assert {rule.status for rule in omnibus.rules} == {Status.PROPOSAL}
    assert len(eu.countries) == 30
    assert eu.one_stop_shop


def test_every_rule_says_how_well_it_was_checked_and_where() -> None:
    for regime in REAL.regimes:
        for rule in regime.rules:
            assert rule.source or rule.confidence is Confidence.CHECK, (regime.id, rule.provision)
            assert rule.threshold_words, (regime.id, rule.provision)


def test_the_law_of_the_world_is_there() -> None:
    assert len(REAL.regimes) >= 79
    assert sum(len(regime.rules) for regime in REAL.regimes) >= 131
    assert len(REAL.authorities) >= 90


def test_no_duty_to_tell_people_in_russia_is_written_down_as_such() -> None:
    russia = REAL.regime("RU-152FZ")
    assert russia is not None

    rule = next(rule for rule in russia.rules if rule.recipient_type == "data_subjects")

    assert (rule.threshold, rule.status) == (Threshold.NEVER, Status.NO_DUTY)


def test_authorities_are_known_by_country_and_region() -> None:
    names = {code: found.short_name for code in ("ES", "FR", "IE", "GB", "RU", "BR", "IT")
             if (found := REAL.authority(code))}

    assert names == {"ES": "AEPD", "FR": "CNIL", "IE": "DPC", "GB": "ICO", "RU": "Roskomnadzor", "BR": "ANPD",
                     "IT": "Garante"}
    of_berlin = REAL.authority("DE", "BE")
    assert of_berlin is not None
    assert of_berlin.short_name == "BlnBDI"


def test_categories_of_data_carry_their_class() -> None:
    assert {"account", "authentication", "contact", "payment", "ai_prompts", "technical", "communication", "location",
            "health", "id_documents", "children", "telegram_identity", "wallet"} <= set(REAL.categories)
    assert REAL.categories["health"].data_class is DataClass.SENSITIVE
    assert REAL.categories["health"].special
    assert REAL.categories["children"].vulnerable
    assert REAL.categories["payment"].identity


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a copy of the real files, to be broken."""
    for name in ("authorities.toml", "categories.toml", "sectors.toml", "causes.toml", "people.toml"):
        shutil.copy(LAW_FOLDER / name, tmp_path / name)
    shutil.copytree(LAW_FOLDER / "regimes", tmp_path / "regimes")
    return tmp_path


def test_the_version_follows_the_content(folder: Path) -> None:
    before = LawFiles(folder).load().version
    path = folder / "regimes" / "uk-gdpr.toml"
    path.write_text(path.read_text() + "\n# a thought\n")

    after = LawFiles(folder).load().version

    assert before == REAL.version
    assert after != before
    assert len(after) == 12


EU, AUTHORITIES, CATEGORIES = "regimes/eu-gdpr.toml", "authorities.toml", "categories.toml"
SECTORS, CAUSES, WHOSE = "sectors.toml", "causes.toml", "people.toml"


@pytest.mark.parametrize(("name", "old", "new", "said"), [
    (CAUSES, "family = \"things\"", "family = \"fate\"", "causes.toml, cause 18, family: “fate” is not one of"),
    (CAUSES, "caused_by = \"unknown\"", "caused_by = \"fate\"", "caused_by: “fate” is not one of"),
    (CAUSES, "id = \"phishing\"", "id = \"insider\"", "id: “insider” is there twice."),
    (CAUSES, "label = \"Time pressure", "lable = \"Time pressure", "factor 2, label: a text is needed here."),
    (WHOSE, "id = \"users\"", "id = \"customers\"", "people.toml, people 2, id: “customers” is there twice."),
    (WHOSE, "id = \"users\"", "id = \"users\"\nage = \"3\"", "people 2, age: nobody knows this key."),
    (EU, "value = 72", "value = \"72\"", "regimes/eu-gdpr.toml, rule 1, value:"),
    (EU, "value = 72", "value = 0", "rule 1, value:"),
    (EU, "value = 72", "value = true", "rule 1, value:"),
    (EU, "value = 72\n", "", "rule 1, value: a term has"),
    (EU, "unit = \"hours\"", "unit = \"days\"", "rule 1, unit: “days” is not one of"),
    (EU, "unit = \"hours\"", "unit = \"months\"", "rule 1, unit: “months” does not go with"),
    (EU, "mode = \"elapsed\"", "mode = \"soon\"", "rule 1, mode:"),
    (EU, "anchor = \"aware\"", "anchor = \"awar\"", "rule 1, anchor:"),
    (EU, "threshold = \"risk\"", "threshold = \"some\"", "rule 1, threshold:"),
    (EU, "recipient_type = \"authority\"", "recipient_type = \"press\"", "rule 1, recipient_type:"),
    (EU, "hour_rule = true", "hour_rule = \"yes\"", "rule 1, hour_rule: true or false"),
    (EU, "mode = \"undue_delay\"", "mode = \"undue_delay\"\nhour_rule = true", "rule 2, hour_rule: only terms"),
    (EU, "in_force_from = 2018-05-25", "in_force_from = \"2018-05-25\"", "rule 1, in_force_from: a date"),
    (EU, "in_force_from = 2018-05-25", "in_force_from = 2018-05-25T00:00:00", "rule 1, in_force_from: a date"),
    (EU, "in_force_from = 2018-05-25", "in_force_from = 2018-05-25\nin_force_to = 2018-05-24", "in_force_to: it ends"),
    (EU, "stage = \"initial\"", "stage = \" \"", "rule 1, stage: a text"),
    (EU, "stage = \"initial\"", "stage = \"initial\"\nstag = 1", "rule 1, stag: nobody knows"),
    (EU, "one_stop_shop = true", "one_stop_shop = true\nextra = 1", "regimes/eu-gdpr.toml, extra: nobody knows"),
    (EU, "links = [\"home\", \"people\"]", "links = [\"home\", \"moon\"]", "links: “moon”"),
    (EU, "links = [\"home\", \"people\"]", "links = []", "links: a list"),
    (EU, "links = [\"home\", \"people\"]", "links = [1]", "links: a list"),
    (EU, "\"AT\", \"BE\"", "\"AT\", \"Belgium\"", "countries: “Belgium”"),
    (EU, "\"AT\", \"BE\"", "\"AT\", \"AT\"", "countries: a place is named twice"),
    (EU, "\"AT\", \"BE\"", "\"AT\", \"BO\", \"BE\"", "authorities.toml: EU-GDPR needs an authority for BO"),
    (EU, "stage = \"initial\"", "stage = \"first\"", "rule 2, follows: there is no stage “initial” in this regime"),
    (EU, "anchor = \"aware\"", "anchor = \"aware\"\nfollows = \"record\"", "rule 1, follows: a clock that starts when"),
    (EU, "recipient_type = \"data_subjects\"", "recipient_type = \"data_subjects\"\nsupervisory = true",
     "rule 3, supervisory: only what goes to an authority"),
    (EU, "stage = \"initial\"", "stage = \"initial\"\ndata_kinds = [\"gossip\"]",
     "EU-GDPR, rule 1, data_kinds: gossip is neither"),
    (EU, "one_stop_shop = true", "one_stop_shop = true\nsectors = [\"circus\"]", "EU-GDPR, sectors: circus is not in"),
    (EU, "one_stop_shop = true", "one_stop_shop = true\nreplaces = \"XX\"", "EU-GDPR, replaces: there is no regime “XX”"),
    (SECTORS, "id = \"essential_entity\"", "id = \"telecom\"", "sector 2, id: “telecom” is there twice"),
    (EU, "id = \"EU-GDPR\"", "id = \"UK-GDPR\"", "UK-GDPR is there twice"),
    (EU, "id = \"EU-GDPR\"", "id = EU-GDPR", "regimes/eu-gdpr.toml: this is not TOML"),
    ("regimes/uk-gdpr.toml", "Europe/London", "Europe/Londres", "zone: there is no time zone"),
    (AUTHORITIES, "country = \"AT\"", "country = \"Austria\"", "authorities.toml, authority 1, country:"),
    (AUTHORITIES, "country = \"BE\"", "country = \"AT\"", "authority 2, country: there is an authority"),
    (AUTHORITIES, "portal = \"web_form\"", "portal = \"pigeon\"", "authority 1, portal:"),
    (AUTHORITIES, "[[authority]]\nid = \"AT\"", "version = 1\n[[authority]]\nid = \"AT\"", "version: nobody knows"),
    (CATEGORIES, "class = \"simple\"", "class = \"odd\"", "categories.toml, category 1, class:"),
    (CATEGORIES, "id = \"telegram_identity\"", "id = \"account\"", "category 2, id: “account” is there twice"),
])
def test_a_broken_file_is_named_with_its_key(folder: Path, name: str, old: str, new: str, said: str) -> None:
    text = (folder / name).read_text()
    assert old in text
    (folder / name).write_text(text.replace(old, new, 1))

    with pytest.raises(LawFileError) as error:
        LawFiles(folder).load()

    assert said in str(error.value)


def test_what_was_verified_has_a_source(folder: Path) -> None:
    path = folder / EU
    lines = [line for line in path.read_text().splitlines() if not line.startswith("source")]
    path.write_text("\n".join(lines))

    with pytest.raises(LawFileError, match="source: what was verified has a source"):
        LawFiles(folder).load()


def test_a_regime_without_a_rule_is_named(folder: Path) -> None:
    path = folder / EU
    path.write_text(path.read_text().replace("[[rule]]", "[[rules]]"))

    with pytest.raises(LawFileError, match=r"eu-gdpr.toml, rule: at least one \[\[rule\]\]"):
        LawFiles(folder).load()


def test_a_missing_file_and_an_empty_folder_are_named(folder: Path) -> None:
    (folder / AUTHORITIES).unlink()
    with pytest.raises(LawFileError, match=r"authorities.toml: the file cannot be read"):
        LawFiles(folder).load()
    shutil.copy(LAW_FOLDER / AUTHORITIES, folder / AUTHORITIES)
    shutil.rmtree(folder / "regimes")
    with pytest.raises(LawFileError, match="there is no law file"):
        LawFiles(folder).load()


def test_a_file_in_another_encoding_is_named(folder: Path) -> None:
    (folder / EU).write_bytes("# Grün".encode("latin-1"))

    with pytest.raises(LawFileError, match="this is not TOML"):
        LawFiles(folder).load()
