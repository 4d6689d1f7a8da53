#include "sqlite.h"

#include <fcntl.h>
#include <sqlite3.h>

#include <utility>

#include <fmt/format.h>

#include "files.h"

namespace wemol::hub {
namespace {

tl::unexpected<Error> trouble(sqlite3* database) {
  return failure(fmt::format("the history: {}", sqlite3_errmsg(database)),
                 sqlite3_extended_errcode(database));
}

}  // namespace

void Statement::Finalize::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

Statement& Statement::bind(int at, std::int64_t value) {
  sqlite3_bind_int64(statement_.get(), at, value);
  return *this;
}

Statement& Statement::bind(int at, std::string_view text) {
  sqlite3_bind_text64(statement_.get(), at, text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8);
  return *this;
}

Statement& Statement::bind_blob(int at, std::string_view bytes) {
  sqlite3_bind_blob64(statement_.get(), at, bytes.data(), bytes.size(), SQLITE_STATIC);
  return *this;
}

Result<bool> Statement::next() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) {
    return true;
  }
  if (code == SQLITE_DONE) {
    reset();
    return false;
  }
  auto error = trouble(sqlite3_db_handle(statement_.get()));
  reset();
  return error;
}

Result<void> Statement::run() {
  const auto row = next();
  if (!row) {
    return tl::make_unexpected(row.error());
  }
  reset();
  return {};
}

void Statement::reset() {
  sqlite3_reset(statement_.get());
  sqlite3_clear_bindings(statement_.get());
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

std::string_view Statement::text(int column) const {
  return blob(column);
}

std::string_view Statement::blob(int column) const {
  const void* const bytes = sqlite3_column_blob(statement_.get(), column);
  const int count = sqlite3_column_bytes(statement_.get(), column);
  return bytes == nullptr
             ? std::string_view()
             : std::string_view(static_cast<const char*>(bytes), static_cast<std::size_t>(count));
}

void Database::Close::operator()(sqlite3* database) const {
  sqlite3_close_v2(database);
}

Result<Database> Database::open(const std::filesystem::path& path) {
  // SQLite would let everybody read what it makes; its other files take after this one.
  constexpr mode_t kOwnOnly = 0600;
  const UniqueFd made(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kOwnOnly));
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(
      path.c_str(), &handle,
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
      nullptr);
  Database database;
  database.database_.reset(handle);
  if (code != SQLITE_OK) {
    return failure(fmt::format("{}: {}", path.string(), sqlite3_errstr(code)), code);
  }
  constexpr int kWaitMilliseconds = 2'000;  // for somebody who reads the file by hand
  sqlite3_busy_timeout(handle, kWaitMilliseconds);
  return database;
}

Result<Statement> Database::prepare(std::string_view sql) const {
  sqlite3_stmt* handle = nullptr;
  const int code = sqlite3_prepare_v3(database_.get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &handle, nullptr);
  Statement statement;
  statement.statement_.reset(handle);
  if (code != SQLITE_OK) {
    return trouble(database_.get());
  }
  return statement;
}

Result<void> Database::execute(const std::string& sql) const {
  if (sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    return trouble(database_.get());
  }
  return {};
}

Result<std::int64_t> Database::integer(std::string_view sql) const {
  auto statement = prepare(sql);
  if (!statement) {
    return tl::make_unexpected(statement.error());
  }
  const auto row = statement->next();
  if (!row) {
    return tl::make_unexpected(row.error());
  }
  return *row ? statement->integer(0) : 0;
}

std::int64_t Database::last_row() const {
  return sqlite3_last_insert_rowid(database_.get());
}

std::int64_t Database::changes() const {
  return sqlite3_changes64(database_.get());
}

Result<Transaction> Transaction::begin(const Database& database) {
  const auto begun = database.execute("BEGIN IMMEDIATE");
  if (!begun) {
    return tl::make_unexpected(begun.error());
  }
  return Transaction(database);
}

Transaction::Transaction(Transaction&& other) noexcept
    : database_(std::exchange(other.database_, nullptr)) {}

Transaction::~Transaction() {
  if (database_ != nullptr) {
    // After some errors SQLite has done it by itself, and says so by an error.
    (void)database_->execute("ROLLBACK");
  }
}

Result<void> Transaction::commit() {
  auto done = database_->execute("COMMIT");
  if (done) {
    database_ = nullptr;
  }
  return done;
}

}  // namespace wemol::hub
