"""How the fields for long texts and files are drawn."""

from wtforms import FileField, Form, TextAreaField  # type: ignore[import-untyped]

from app.web.forms.partials import field


class Upload(Form):  # type: ignore[misc]
    text = TextAreaField("Text")
    file = FileField("File")


def test_a_long_text_keeps_its_lines_and_is_escaped() -> None:
    markup = field(Upload(data={"text": "\n<b>\n"}).text)

    assert ">\n\n&lt;b&gt;\n</textarea>" in markup  # browsers drop the first line end
    assert "<input" not in markup


def test_a_file_has_no_value_and_no_length() -> None:
    markup = field(Upload().file)

    assert 'type="file" value=""' in markup
    assert "maxlength" not in markup
