# ruff: noqa: RUF001 - typographic marks are what is tested
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calls.ids import LANGUAGES, Language
from voice.tts.normalise import read_aloud, spoken_text
from voice.tts.normalise.es import gender_of, ordinal

SPANISH = [
    ("Son 42,50 €.", "Son cuarenta y dos euros con cincuenta céntimos."),
    ("1.234,56 EUR", "mil doscientos treinta y cuatro euros con cincuenta y seis céntimos"),
    ("1 €, 0,99 € y 6 EUR", "un euro, noventa y nueve céntimos y seis euros"),
    ("31,01 USD o $200 MXN", "treinta y un dólares con un centavo o doscientos pesos"),
    ("21 días y 21 horas", "veintiún días y veintiuna horas"),
    ("201 personas, 500 personas, 1 vez", "doscientas una personas, quinientas personas, una vez"),
    ("tiene 21", "tiene veintiuno"),
    ("21.000 días y 31.000 horas", "veintiún mil días y treinta y una mil horas"),
    ("1.000.000 de euros", "un millón de euros"),
    ("31 GB y 1 GB", "treinta y un gigas y un giga"),
    ("256 kbit/s, 600 Mbit/s", "doscientos cincuenta y seis kilobits por segundo, seiscientos megabits por segundo"),
    ("3,5 kWh, 10 km, 30 cm", "tres coma cinco kilovatios hora, diez kilómetros, treinta centímetros"),
    ("80 % y 12,05%", "ochenta por ciento y doce coma cero cinco por ciento"),
    (
        "El 14/03/2026 y el 2026-12-04.",
        "El catorce de marzo de dos mil veintiséis y el cuatro de diciembre de dos mil veintiséis.",
    ),
    ("el 1 de enero de 2027", "el uno de enero de dos mil veintisiete"),
    ("a las 10:30 h", "a las diez y media"),
    ("a las 9:15, a las 21:05", "a las nueve y cuarto, a las veintiuna y cinco"),
    ("a las 5 p. m. y 8:00 a. m.", "a las cinco de la tarde y ocho de la mañana"),
    ("de 8 a 20 h", "de ocho a veinte horas"),
    ("9:00–17:00", "nueve a diecisiete horas"),
    ("de 10-20 días", "de diez a veinte días"),
    ("Llame al 112 o al 242", "Llame al uno uno dos o al dos cuatro dos"),
    ("900 123 456", "nueve cero cero, uno dos tres, cuatro cinco seis"),
    ("+34 600 12 34 56", "más tres cuatro, seis cero cero, uno dos, tres cuatro, cinco seis"),
    ("cuenta 71003392", "cuenta siete uno cero cero, tres tres nueve dos"),
    ("código postal 06700", "código postal cero seis siete, cero cero"),
    ("referencia LM-2026-07", "referencia ele eme, dos cero dos seis, cero siete"),
    ("l_sanz7@gmail.com", "l guion bajo sanz siete arroba gmail punto com"),
    ("www.lumina.example/ayuda", "uve doble uve doble uve doble punto lumina punto example barra ayuda"),
    ("Sr. Gil y Dra. Paz", "señor Gil y doctora Paz"),
    ("p. ej. el 1.º, el 1.º piso, la 3ª planta", "por ejemplo el primero, el primer piso, la tercera planta"),
    ("el DNI, la SIM, 5G", "el de ene i, la SIM, cinco ge"),
    ("24/7, 1/2 y 3/4", "veinticuatro horas, siete días, un medio y tres cuartos"),
    ("-5 °C", "menos cinco grados"),
    ("Pulse 1 o *", "Pulse uno o asterisco"),
    ("«¿Qué tal?»", "Qué tal?"),
    ("IP 192.168.1.1", "i pe ciento noventa y dos punto ciento sesenta y ocho punto uno punto uno"),
    ("a las 20:00 h. Y de 9:00 a 14:00 h", "a las veinte horas. Y de nueve a catorce horas"),
    ("a las 20:00 h. del lunes, a las 0:30", "a las veinte horas del lunes, a las doce y media de la noche"),
    ("½ hora, 1½ litros, 2 1/2 horas, 3 1/4", "media hora, un litro y medio, dos horas y media, tres y un cuarto"),
    ("0,15 €/kWh y 29,90 €/mes", "quince céntimos por kilovatio hora y veintinueve euros con noventa céntimos al mes"),
    ("el 12 dic. y en ene. 2027", "el doce de diciembre y en enero de dos mil veintisiete"),
    ("ticket #12, nº5", "ticket número doce, número cinco"),
    (
        "ES91 2100 0418 4502 0005 1332",
        "e ese nueve uno, dos uno cero cero, cero cuatro uno ocho, cuatro cinco cero dos, cero cero cero cinco, "
        "uno tres tres dos",
    ),
    ("el 45/13/2026", "el cuarenta y cinco trece dos cero dos seis"),
]

ENGLISH = [
    ("1½ hours, ¾ of it, 7 1/2%", "one and a half hours, three quarters of it, seven and a half percent"),
    ("at 20:00 h, 9am-5pm", "at eight pee em, nine ay em to five pee em"),
    (
        "due 12/03, on 3/4, since 14/3, 3/4",
        "due December third, on March fourth, since March fourteenth, three quarters",
    ),
    ("$0.15/kWh, €9.99/mo", "fifteen cents per kilowatt hour, nine euros and ninety-nine cents per month"),
    ("ticket #12, order #48213", "ticket number twelve, order number four eight two, one three"),
    (
        "GB29NWBK60161331926819",
        "gee bee two nine, en double-you bee kay, six zero one six, one three three one, nine two six eight, one nine",
    ),
    ("It's $1,234.56.", "It's one thousand two hundred and thirty-four dollars and fifty-six cents."),
    ("42.50 EUR, €1, 6 EUR", "forty-two euros and fifty cents, one euro, six euros"),
    ("MXN 200 or £0.50", "two hundred pesos or fifty pence"),
    (
        "256 kbit/s, 1 GB, 3.5 kWh",
        "two hundred and fifty-six kilobits per second, one gigabyte, three point five kilowatt hours",
    ),
    ("80%, -2 °C", "eighty percent, minus two degrees Celsius"),
    ("On 2026-12-04 at 14:30.", "On December fourth, twenty twenty-six at two thirty pee em."),
    ("3/14/2026 and 14/3/2026", "March fourteenth, twenty twenty-six and March fourteenth, twenty twenty-six"),
    ("March 3rd, 5 May, Jan. 2", "March third, May fifth, January second"),
    ("from the 18th to the 24th", "from the eighteenth to the twenty-fourth"),
    ("at 5 p.m., 9:05 am, 10:00", "at five pee em, nine oh five ay em, ten o'clock"),
    ("in 2026, the 1990s", "in twenty twenty-six, the nineteen nineties"),
    ("1,000 customers, 12 500", "one thousand customers, twelve thousand five hundred"),
    ("Call 911 or 1-800-555-0199", "Call nine one one or one, eight zero zero, five five five, zero one nine nine"),
    ("account 71003392", "account seven one zero zero, three three nine two"),
    ("PIN 2026", "PIN two zero two six"),
    ("laura.mendez@gmail.com", "laura dot mendez at gmail dot com"),
    ("Mr. Smith vs. Dr. No", "Mister Smith versus Doctor No"),
    ("24/7, 2/3, 10-20 days", "twenty-four seven, two thirds, ten to twenty days"),
    ("4K, MP3, USB", "four kay, em pee three, you ess bee"),
    ("a well-known plan", "a well-known plan"),
]


@pytest.mark.parametrize(("written", "spoken"), SPANISH)
def test_when_spanish_is_written_then_it_is_read_as_people_say_it(written: str, spoken: str) -> None:
    assert spoken_text(written, "es") == spoken


@pytest.mark.parametrize(("written", "spoken"), ENGLISH)
def test_when_english_is_written_then_it_is_read_as_people_say_it(written: str, spoken: str) -> None:
    assert spoken_text(written, "en") == spoken


def test_when_read_then_a_sum_or_a_date_is_one_piece_and_keeps_its_written_form() -> None:
    pieces = read_aloud("Son 42,50 €, hasta el 3 de mayo.", "es")
    assert [piece.written for piece in pieces] == ["Son", "42,50 €,", "hasta", "el", "3 de mayo."]


@pytest.mark.parametrize(
    ("noun", "gender"),
    [("días", "m"), ("horas", "f"), ("veces", "f"), ("habitación", "f"), ("euros", "m"), ("", ""), ("de", "")],
)
def test_when_a_noun_follows_then_its_gender_is_known(noun: str, gender: str) -> None:
    assert gender_of(noun) == gender


def test_when_an_ordinal_is_large_then_it_is_counted() -> None:
    assert ordinal(21, feminine=True) == "vigésima primera"
    assert ordinal(13, feminine=False, short=True) == "decimotercer"
    assert ordinal(101, feminine=False) == "ciento uno"


texts = st.text(max_size=80) | st.text(alphabet="0123456789.,:/-–+()%€$ºª@#* abhmnoprstGBkW½²٣५", max_size=60)


@pytest.mark.parametrize("language", LANGUAGES)
@settings(max_examples=400, deadline=None)
@given(text=texts)
def test_when_any_text_is_read_then_no_digit_is_left(language: Language, text: str) -> None:
    pieces = read_aloud(text, language)
    assert not any(sign.isdigit() for piece in pieces for sign in piece.spoken)
    assert all(piece.written for piece in pieces)


@pytest.mark.parametrize("language", LANGUAGES)
@settings(max_examples=200, deadline=None)
@given(number=st.integers(min_value=0, max_value=10**18), fraction=st.integers(min_value=0, max_value=999))
def test_when_any_number_is_read_then_it_is_words_only(language: Language, number: int, fraction: int) -> None:
    for text in (
        f"{number}",
        f"{number},{fraction}",
        f"{number}.{fraction}",
        f"{number} €",
        f"{number} GB",
        f"{number}º",
    ):
        spoken = spoken_text(text, language)
        assert spoken
        assert not any(sign.isdigit() for sign in spoken)


@pytest.mark.parametrize("language", LANGUAGES)
def test_when_a_text_is_huge_then_it_is_read_in_a_moment(language: Language) -> None:
    for text in ("9" * 100_000, "1.1" * 50_000, "a@" * 50_000, "( " * 50_000, "-1" * 50_000, "1 23 45 " * 10_000):
        started = time.process_time()
        read_aloud(text, language)
        assert time.process_time() - started < 3.0
