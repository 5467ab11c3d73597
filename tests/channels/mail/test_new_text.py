from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.mail.new_text import new_text


@pytest.mark.parametrize(
    ("text", "new"),
    [
        ("Hola\n\nEl lun, 30 nov 2026 a las 9:30, Lumina (<a@b.es>)\nescribió:\n> viejo", "Hola"),
        ("Hi\n\nOn Mon, Nov 30, 2026 at 9:30 AM Lumina <a@b.es> wrote:\n\n> old\n> older", "Hi"),
        ("Hi\n\nOn 30/11/2026 09:30, Lumina wrote:\nold without marks", "Hi"),
        ("Hola\n\nLumina <a@b.es> escribió el lun., 30 nov. 2026 9:30:\n\nviejo", "Hola"),
        ("Hola\n\n-----Mensaje original-----\nDe: x\nviejo", "Hola"),
        ("Hi\n\n----- Original Message -----\nFrom: x\nold", "Hi"),
        ("Hola\n\nDe: Lumina\nEnviado el: lunes\nPara: Ana\nAsunto: Re\n\nviejo", "Hola"),
        ("Hi\n\n*From:* Lumina\n*Sent:* Monday\n*To:* Ana\n*Subject:* Re\n\nold", "Hi"),
        ("> old question?\n\nAt the bottom", "At the bottom"),
        ("On Mon, Nov 30, 2026 X <x@y.z> wrote:\n> old\n\nAt the bottom", "At the bottom"),
        ("> uno?\nsí\n> dos?\nno", "sí\nno"),
        ("Hola\n\n-- \nAna Ruiz\nTel. 600", "Hola"),
        ("Hola\n\nEnviado desde mi iPhone", "Hola"),
        ("Hola\n\nObtener Outlook para Android", "Hola"),
        ("Hola\n\nUn saludo,\nAna Ruiz\nDepartamento de Compras\nwww.ejemplo.es\nana@ejemplo.es", "Hola"),
        ("Hi\n\nKind regards,\nJohn Smith\nSales Manager", "Hi"),
        ("Hola\n\nAVISO LEGAL: este mensaje es confidencial\ny más", "Hola"),
        ("Hi\n\nThis e-mail and its files are intended only for you.\nmore", "Hi"),
    ],
)
def test_when_a_mail_quotes_or_signs_then_what_is_new_is_left(text: str, new: str) -> None:
    assert new_text(text) == new


@pytest.mark.parametrize(
    "text",
    [
        "- uno\n- dos\n- tres",
        "Gracias.\n\nMi número de contrato es 12345.",
        "Thanks for your help.\n\nMy meter reads 4711 since Monday.",
        "Un saludo\n\nPD: ¿pueden llamarme?",
        "Dear team:\n\nI wrote:\nplease call me",
        "De: mi casa\na la suya hay 3 km",
        "---------- Forwarded message ---------\nFrom: x\nDate: y\nSubject: z\nTo: w\n\nthe bill",
        "> everything is quoted",
        "--\nonly a signature",
        "El 5 de mayo mi vecino dijo:\nno hay luz",
        "From: the meter\nI read 4711",
    ],
)
def test_when_words_only_look_like_a_quote_then_nothing_is_cut(text: str) -> None:
    assert new_text(text) == text.strip()


@given(st.text(alphabet=st.sampled_from("ab >:-_\n\r@1?.*<"), max_size=300) | st.text(max_size=200))
def test_when_there_is_text_then_something_of_it_is_left(text: str) -> None:
    assert bool(new_text(text)) == bool(text.replace("\u200b", "").strip())
