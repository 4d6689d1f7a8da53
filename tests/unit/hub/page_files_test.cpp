#include "page_files.h"

#include <algorithm>
#include <string>

#include <gtest/gtest.h>

namespace wemol::hub {
namespace {

#if WEMOL_WEB

bool is_gzip(std::string_view bytes) {
  return bytes.starts_with("\x1f\x8b");
}

TEST(PageFiles, AreSortedAndComplete) {
  const std::span files = page_files();
  ASSERT_FALSE(files.empty());
  EXPECT_TRUE(std::ranges::is_sorted(files, {}, &PageFile::path));
  for (const PageFile& file : files) {
    SCOPED_TRACE(std::string(file.path));
    EXPECT_FALSE(file.identity.empty());
    EXPECT_FALSE(file.content_type.empty());
    EXPECT_TRUE(file.etag.starts_with('"') && file.etag.ends_with('"') && file.etag.size() > 16);
    EXPECT_EQ(file.is_immutable, file.path.starts_with("assets/"));
    EXPECT_TRUE(file.gzip.empty() ||
                (is_gzip(file.gzip) && file.gzip.size() < file.identity.size()));
    EXPECT_LT(file.brotli.size(), file.identity.size());
  }
}

TEST(PageFiles, LargeScriptsAreThereInAllCodings) {
  const auto is_script = [](const PageFile& file) { return file.path.ends_with(".js"); };
  const auto script = std::ranges::find_if(page_files(), is_script);
  ASSERT_NE(script, page_files().end());
  EXPECT_EQ(script->content_type, "text/javascript; charset=utf-8");
  EXPECT_FALSE(script->gzip.empty());
  EXPECT_FALSE(script->brotli.empty());
}

TEST(PageFiles, AreFoundByPath) {
  const PageFile* index = find_page_file("");
  ASSERT_NE(index, nullptr);
  EXPECT_EQ(index->path, "index.html");
  EXPECT_EQ(find_page_file("index.html"), index);
  EXPECT_TRUE(index->identity.starts_with("<!doctype html>"));
  EXPECT_FALSE(index->is_immutable);
  // What the document names is there.
  for (std::size_t at = index->identity.find("./assets/"); at != std::string_view::npos;
       at = index->identity.find("./assets/", at + 1)) {
    const std::size_t begin = at + 2;
    const std::string_view path =
        index->identity.substr(begin, index->identity.find('"', begin) - begin);
    EXPECT_NE(find_page_file(path), nullptr) << path;
  }
  for (const std::string_view path : {"/", "nothing", "assets/", "../index.html", "INDEX.HTML"}) {
    EXPECT_EQ(find_page_file(path), nullptr) << path;
  }
}

TEST(PageFiles, PolicyAllowsNothingInline) {
  EXPECT_NE(page_security_policy().find("script-src 'self';"), std::string_view::npos);
  EXPECT_EQ(page_security_policy().find("unsafe"), std::string_view::npos);
}

#else

TEST(PageFiles, AreNoneWithoutThePage) {
  EXPECT_TRUE(page_files().empty());
  EXPECT_EQ(find_page_file(""), nullptr);
}

#endif

}  // namespace
}  // namespace wemol::hub
