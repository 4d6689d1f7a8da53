"""What the documents say of wemol-report daily against the program."""
import pathlib
import re
import subprocess
import unittest

from daily_under_test import REPORT


class Documents(unittest.TestCase):
    """Options stand in the program, its man page and the docs; they are the same ones."""

    PROJECT = pathlib.Path(__file__).parents[2]

    def setUp(self):
        self.table = subprocess.run([REPORT, "daily", "--help-markdown"], capture_output=True, text=True,
                                    check=True).stdout
        self.options = re.findall(r"^\| `--([a-z-]+)(?: ([^`]+))?` \|[^|]*\| (?:`([^`]*)`)? ?\|", self.table, re.M)

    def read(self, name):
        return (self.PROJECT / name).read_text(encoding="utf-8")

    def test_options_md_has_the_programs_own_table(self):
        text = self.read("docs/options.md")
        block = text.split("<!-- options: wemol-report daily -->\n")[1].split("<!-- /options -->")[0]
        self.assertEqual(block, self.table, "run scripts/docs")
        self.assertGreater(len(self.options), 12)

    def test_the_man_page_has_them(self):
        items = re.findall(r"^\.It (?:Fl h , )?Fl -([a-z-]+)(?: Ar (\S+))?\n((?:(?!\.It|\.El).*\n)*)",
                           self.read("man/wemol-report-daily.1"), re.M)
        found = [(name, value, "".join(re.findall(r"^Default:\n\.Ql (\S+) \.$", text, re.M)))
                 for name, value, text in items]
        self.assertEqual(sorted(found), sorted(self.options))

    def test_both_pages_have_each_key_of_the_settings(self):
        source = self.read("src/report/daily/figures/settings_file.cpp")
        keys = re.findall(r'"([a-z-]+)"', "".join(re.findall(r"k(?:Top|Node|Management)Keys\{([^}]*)\}", source)))
        self.assertGreater(len(keys), 14)
        for page in ("docs/daily.md", "docs/daily.zh-CN.md"):
            text = self.read(page)
            self.assertEqual([key for key in keys if f"`{key}`" not in text and f"[{key}]" not in text], [], page)


if __name__ == "__main__":
    unittest.main()
