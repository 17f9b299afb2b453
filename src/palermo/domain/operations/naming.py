"""Naming: is this a code name?

A code name says nothing: not where people come from, not who they are, not what is suspected of them. Words for
nationalities, countries and the crime are told apart here; the names of people on the linked cases by whoever has them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

LONGEST = 40
WORD = r"[^\W\d_]+(?:['’][^\W\d_]+)?"
SHAPE = re.compile(rf"{WORD}(?:[ -]{WORD}){{0,2}}")

# Endings of the English words for nationalities are too common to go by, so the words stand here whole.
PLACES = frozenset(
    """
    afghan afghanistan albania albanian algeria algerian america american angola angolan argentina argentinian armenia
    armenian asia asian australia australian austria austrian azerbaijan azerbaijani bangladesh bangladeshi belarus
    belarusian belgian belgium benin beninese bolivia bolivian bosnia bosnian botswana brazil brazilian britain british
    bulgaria bulgarian burma burmese burundi cambodia cambodian cameroon cameroonian canada canadian caribbean chad
    chadian chile chilean china chinese colombia colombian congo congolese croatia croatian cuba cuban cyprus cypriot
    czech danish denmark dutch ecuador ecuadorian egypt egyptian england english eritrea eritrean estonia estonian
    ethiopia ethiopian europe european filipino finland finnish france french gambia gambian georgia georgian german
    germany ghana ghanaian greece greek guinea guinean gypsy haiti haitian hungarian hungary india indian indonesia
    indonesian iran iranian iraq iraqi ireland irish israel israeli italian italy ivorian jamaica jamaican japan
    japanese jordan jordanian kazakh kazakhstan kenya kenyan korea korean kosovan kosovo kurd kurdish kyrgyz kuwait
    kuwaiti laos laotian latvia latvian lebanese lebanon liberia liberian libya libyan lithuania lithuanian macedonia
    macedonian malawi malawian malaysia malaysian mali malian malta maltese mauritian mauritius mexican mexico moldova
    moldovan mongolia mongolian montenegrin montenegro moroccan morocco mozambican mozambique namibia namibian nepal
    nepalese nepali netherlands nigeria nigerian norway norwegian pakistan pakistani palestine palestinian paraguay
    paraguayan peru peruvian philippine philippines poland pole polish portugal portuguese roma romani romania romanian
    romany russia russian rwanda rwandan scotland scottish senegal senegalese serb serbia serbian sierra-leonean slovak
    slovakia slovakian slovene slovenia slovenian somali somalia spain spanish sudan sudanese sweden swedish swiss
    switzerland syria syrian taiwan taiwanese tajik tajikistan tanzania tanzanian thai thailand tibet tibetan togo
    togolese traveller travellers tunisia tunisian turk turkey turkish turkmen uganda ugandan ukraine ukrainian uruguay
    uruguayan uzbek uzbekistan venezuela venezuelan vietnam vietnamese wales welsh yemen yemeni zambia zambian zimbabwe
    zimbabwean african africa
    """.split()  # noqa: SIM905 - words, read as words
)
CRIME = frozenset(
    """
    brothel child children cocaine drug drugs exploitation gang labour prostitution servitude sex slave slavery
    slaves trafficker traffickers trafficking vice victim victims
    """.split()  # noqa: SIM905 - words, read as words
)


def name_faults(name: str, people: Iterable[str] = ()) -> Iterator[str]:
    """Each reason why this is no code name; `people` are the names on the linked cases that the asker may open."""
    if not SHAPE.fullmatch(name) or len(name) > LONGEST:
        yield f"a code name is one to three words of letters, {LONGEST} characters at most"
        return
    words = folded(name)
    if found := sorted(words & PLACES):
        yield f"“{found[0]}” says where people come from"
    if found := sorted(words & CRIME):
        yield f"“{found[0]}” says what is suspected"
    if words & {word for person in people for word in folded(person)}:
        yield "somebody on a linked case is called so"


def folded(name: str) -> set[str]:
    """Its words without capitals and marks, so that they can be held against each other."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    return set(re.findall(r"[^\W\d_]+", "".join(c for c in plain if not unicodedata.combining(c))))
