"""The process that draws one picture: SVG comes by standard input, PNG goes out by standard output."""

import sys

WIDTH, *FONTS = sys.argv[1:]


def main() -> None:
    import resvg_py

    png = resvg_py.svg_to_bytes(
        svg_string=sys.stdin.buffer.read().decode(),
        width=int(WIDTH),
        skip_system_fonts=True,
        font_files=FONTS,
        font_family="Inter",
        sans_serif_family="Inter",
    )
    sys.stdout.buffer.write(bytes(png))


if __name__ == "__main__":
    main()
