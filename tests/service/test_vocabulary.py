from __future__ import annotations

from service.vocabulary import MOST_CHARACTERS, names_in, prompt_of


def test_when_a_name_stands_in_several_articles_then_it_is_expected_and_a_chance_one_is_not() -> None:
    articles = [
        "Your eSIM is a code. Monday is no name. We pay by Bizum in Toledo.",
        "Pay with Bizum, or keep the eSIM in your phone.",
        "La tarjeta eSIM llega por correo.",
    ]
    assert names_in(articles) == ["eSIM", "Bizum"]


def test_when_words_come_from_several_places_then_each_is_there_once_and_the_first_come_first() -> None:
    assert prompt_of(["Ana  Ruiz"], [], ["Lumina", "Ana Ruiz"], ["eSIM"]) == "Ana Ruiz, Lumina, eSIM"
    assert prompt_of([], ["  "]) is None


def test_when_there_are_too_many_words_then_whole_words_are_left_out() -> None:
    prompt = prompt_of([f"Product{number}" for number in range(60)])
    assert prompt is not None
    assert len(prompt) <= MOST_CHARACTERS
    assert prompt.endswith(tuple("0123456789"))
    assert all(word.startswith("Product") for word in prompt.split(", "))
