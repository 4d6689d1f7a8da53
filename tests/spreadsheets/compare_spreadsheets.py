"""compare_spreadsheets.py TREE OPENED

Compares each CSV below TREE with what LibreOffice has made of it (OPENED/<folder>/<file>.fods): as many
rows and columns, every text the same, every plain number a number.
"""

import csv
import pathlib
import re
import sys
import xml.etree.ElementTree as ElementTree

OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
PLAIN_NUMBER = re.compile(r"-?\d+(\.\d+)?")


def opened_rows(path):
    """The cells of the only sheet as (type, value, text)."""
    for row in ElementTree.parse(path).iter(TABLE + "table-row"):
        cells = []
        for cell in row.iter(TABLE + "table-cell"):
            text = "\n".join("".join(p.itertext()) for p in cell.iter(TEXT + "p"))
            one = (cell.get(OFFICE + "value-type"), cell.get(OFFICE + "value"), text)
            cells += [one] * int(cell.get(TABLE + "number-columns-repeated", "1"))
        yield from [cells] * int(row.get(TABLE + "number-rows-repeated", "1"))


def difference(field, cell):
    """What is wrong with the cell; None if nothing is."""
    kind, value, text = cell
    if field == "":
        return None if text == "" else "is not empty"
    if PLAIN_NUMBER.fullmatch(field):
        return None if kind == "float" and float(value) == float(field) else "is no such number"
    if kind == "string":
        return None if text == field else "is another text"
    # Percentages and times: the program shows them in its own way.
    return None if kind in ("percentage", "date", "time") else "is of another kind"


def main(tree, opened):
    wrong = cells = files = 0
    for path in sorted(pathlib.Path(tree).rglob("*.csv")):
        files += 1
        with open(path, newline="", encoding="utf-8") as file:
            rows = list(csv.reader(file))
        sheet = list(opened_rows(pathlib.Path(opened) / path.parent.name / (path.stem + ".fods")))
        if len(sheet) < len(rows):
            print(f"{path}: {len(rows)} rows, LibreOffice has {len(sheet)}")
            wrong += 1
        for number, (row, opened_row) in enumerate(zip(rows, sheet), 1):
            # Empty cells at the end of a row are not kept apart from those behind it.
            opened_row += [(None, None, "")] * (len(row) - len(opened_row))
            if any(text for _, _, text in opened_row[len(row):]):
                print(f"{path}:{number}: more than {len(row)} columns")
                wrong += 1
            for column, (field, cell) in enumerate(zip(row, opened_row), 1):
                cells += 1
                if problem := difference(field, cell):
                    print(f"{path}:{number}: column {column}: {cell} {problem}: {field!r}")
                    wrong += 1
    print(f"{files} files, {cells} cells, {wrong} of them wrong")
    return 1 if wrong or files == 0 else 0


sys.exit(main(*sys.argv[1:3]))
