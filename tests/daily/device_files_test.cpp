// Files of device history: names, compressing, reading.

#include "device_files.h"

#include <gtest/gtest.h>

#include "temp_dir.h"
#include "text_file.h"

namespace wemol {
namespace {

namespace fs = std::filesystem;

DeviceFile file_at(const fs::path& path) {
  auto file = parse_device_file_name(path.filename().string());
  EXPECT_TRUE(file) << path;
  file->path = path;
  return *file;
}

TEST(DeviceFileNames, AreDatesWithANumberAtMost) {
  const auto plain = parse_device_file_name("2026-03-10.csv");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->number, 1U);
  EXPECT_FALSE(plain->is_compressed);
  const auto second = parse_device_file_name("2024-02-29-2.csv.gz");
  ASSERT_TRUE(second);
  EXPECT_EQ(second->number, 2U);
  EXPECT_TRUE(second->is_compressed);
  for (const char* const name :
       {"", ".csv", "2026-02-29.csv", "2026-13-01.csv", "2026-3-10.csv", "2026-03-10.txt",
        "2026-03-10-1.csv", "2026-03-10-x.csv", "2026-03-10-.csv", "2026-03-10 .csv",
        "2026-03-10.csv.gz.new", "-026-03-10.csv", "132178.csv", ".lock"}) {
    EXPECT_FALSE(parse_device_file_name(name)) << name;
  }
}

TEST(DeviceFileList, IsInOrderAndLeavesOthersAlone) {
  const test::TempDir dir;
  for (const char* const name : {"2026-03-11.csv", "2026-03-10-2.csv", "2026-03-10.csv.gz", "notes",
                                 ".lock", "2026-03-12.csv.new"}) {
    test::write_text(dir / name, "x");
  }
  fs::create_directory(dir / "2026-03-09.csv");
  const auto files = list_device_files(dir.path());
  ASSERT_TRUE(files);
  std::vector<std::string> names;
  for (const DeviceFile& file : *files) {
    names.push_back(file.path.filename().string());
  }
  EXPECT_EQ(names,
            (std::vector<std::string>{"2026-03-10.csv.gz", "2026-03-10-2.csv", "2026-03-11.csv"}));
  EXPECT_EQ(list_device_files(dir / "none").error().code, ENOENT);
}

TEST(DeviceFileCompression, KeepsEveryByteAndTheMode) {
  const test::TempDir dir;
  std::string content;
  for (int i = 0; i < 50'000; ++i) {
    content += std::to_string(i * 7919) + ",x\r\n";
  }
  const fs::path path = dir / "2026-03-10.csv";
  test::write_text(path, content);
  fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write);
  ASSERT_TRUE(compress_device_file(file_at(path)));
  EXPECT_FALSE(fs::exists(path));
  const fs::path packed = dir / "2026-03-10.csv.gz";
  EXPECT_LT(fs::file_size(packed), content.size() / 2);
  EXPECT_EQ(fs::status(packed).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  std::string trouble;
  EXPECT_EQ(read_device_file(file_at(packed), trouble).value(), content);
  EXPECT_EQ(trouble, "");
}

TEST(DeviceFileCompression, AfterACrashBeforeTheRemovalThereIsOneFile) {
  const test::TempDir dir;
  test::write_text(dir / "2026-03-10.csv", "the rows");
  ASSERT_TRUE(compress_device_file(file_at(dir / "2026-03-10.csv")));
  test::write_text(dir / "2026-03-10.csv", "the rows");
  ASSERT_TRUE(compress_device_file(file_at(dir / "2026-03-10.csv")));
  EXPECT_EQ(list_device_files(dir.path())->size(), 1U);
}

TEST(DeviceFileCompression, NeverOverwritesOtherRows) {
  const test::TempDir dir;
  test::write_text(dir / "2026-03-10.csv", "the first");
  ASSERT_TRUE(compress_device_file(file_at(dir / "2026-03-10.csv")));
  test::write_text(dir / "2026-03-10.csv", "the second");
  ASSERT_TRUE(compress_device_file(file_at(dir / "2026-03-10.csv")));
  std::string trouble;
  EXPECT_EQ(read_device_file(file_at(dir / "2026-03-10.csv.gz"), trouble).value(), "the first");
  EXPECT_EQ(read_device_file(file_at(dir / "2026-03-10-2.csv.gz"), trouble).value(), "the second");
}

TEST(DeviceFileReading, OfATornFileIsWhatIsThereAndSaysSo) {
  const test::TempDir dir;
  std::string content;
  for (int i = 0; i < 100'000; ++i) {
    content += std::to_string(i * 7919) + "\n";
  }
  test::write_text(dir / "2026-03-10.csv", content);
  ASSERT_TRUE(compress_device_file(file_at(dir / "2026-03-10.csv")));
  const fs::path packed = dir / "2026-03-10.csv.gz";
  fs::resize_file(packed, fs::file_size(packed) / 2);
  std::string trouble;
  const auto read = read_device_file(file_at(packed), trouble);
  ASSERT_TRUE(read);
  EXPECT_GT(read->size(), 1000U);
  EXPECT_TRUE(content.starts_with(*read));
  EXPECT_NE(trouble.find(packed.string()), std::string::npos) << trouble;
}

}  // namespace
}  // namespace wemol
