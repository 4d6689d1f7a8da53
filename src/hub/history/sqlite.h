#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include <wemol/result.h>

struct sqlite3;
struct sqlite3_stmt;

namespace wemol::hub {

class Database;

/// One statement of SQL, which may be run again and again.
class Statement {
 public:
  Statement() = default;

  /// Values of its question marks, counted from 1. A text or blob has to live until reset().
  Statement& bind(int at, std::int64_t value);
  Statement& bind(int at, std::string_view text);
  Statement& bind_blob(int at, std::string_view bytes);

  /// The next row; false when there is no more. After that, and after an error, it is reset.
  [[nodiscard]] Result<bool> next();
  /// For those without rows.
  [[nodiscard]] Result<void> run();
  /// Ends it, with rows left or not.
  void reset();

  /// Of the row, columns counted from 0. Texts and blobs live until the next step.
  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] std::string_view text(int column) const;
  [[nodiscard]] std::string_view blob(int column) const;

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };

  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

/// A file of SQLite, for one thread.
class Database {
 public:
  [[nodiscard]] static Result<Database> open(const std::filesystem::path& path);

  [[nodiscard]] Result<Statement> prepare(std::string_view sql) const;
  /// Statements without values and rows, with semicolons between them.
  [[nodiscard]] Result<void> execute(const std::string& sql) const;
  /// The first column of the first row.
  [[nodiscard]] Result<std::int64_t> integer(std::string_view sql) const;

  [[nodiscard]] std::int64_t last_row() const;
  /// Rows that the last statement has changed.
  [[nodiscard]] std::int64_t changes() const;

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };

  std::unique_ptr<sqlite3, Close> database_;
};

/// Undone unless it is committed.
class Transaction {
 public:
  [[nodiscard]] static Result<Transaction> begin(const Database& database);
  Transaction(Transaction&& other) noexcept;
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();

  [[nodiscard]] Result<void> commit();

 private:
  explicit Transaction(const Database& database) : database_(&database) {}

  const Database* database_;
};

}  // namespace wemol::hub
