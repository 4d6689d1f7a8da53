#include <gtest/gtest.h>

#include "text.h"

namespace wemol {
namespace {

TEST(Printable, ControlCharactersOfEveryKindAreBlanks) {
  EXPECT_EQ(printable("a\x1b[31mb\nc\td\x7f"), "a [31mb c d ");
  EXPECT_EQ(printable("\u0080a\u009b31m\u009f"), " a 31m ") << "those that begin with 0x80";
  EXPECT_EQ(printable(std::string_view("\0a", 2)), " a");
}

TEST(Printable, CharactersOfEveryLengthStay) {
  EXPECT_EQ(printable("~é\u00a0分\U0001F600\U0010FFFF"), "~é\u00a0分\U0001F600\U0010FFFF");
}

TEST(Printable, BytesThatAreNoCharacterAreQuestionMarks) {
  EXPECT_EQ(printable("a\xff\xe5\x88"), "a???") << "half a character at the end";
  EXPECT_EQ(printable("\xe5\x88z"), "??z");
  EXPECT_EQ(printable("\xc0\xaf"), "??") << "a slash in two bytes";
  EXPECT_EQ(printable("\xed\xa0\x80"), "???") << "half a surrogate pair";
  EXPECT_EQ(printable("\xf4\x90\x80\x80"), "????") << "beyond the last character";
}

TEST(Printable, LongTextIsCutAtACharactersBorder) {
  const std::string most(299, 'a');
  EXPECT_EQ(printable(most + "b"), most + "b");
  EXPECT_EQ(printable(most + "bc"), most + "b...");
  EXPECT_EQ(printable(most + "分"), most + "...");
}

TEST(Printable, FirstLineIsTheFirstThatIsNotBlank) {
  EXPECT_EQ(first_line(" \t\r\n\n  half a\x1bline"), "half a line");
  EXPECT_EQ(first_line("one\ntwo"), "one");
  EXPECT_EQ(first_line("\n \n"), "");
}

}  // namespace
}  // namespace wemol
