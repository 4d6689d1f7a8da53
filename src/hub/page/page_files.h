#pragma once

#include <span>
#include <string_view>

namespace wemol::hub {

/// A file of the page as it is served; all bytes live as long as the program.
struct PageFile {
  std::string_view path;          ///< below the base path: "index.html", "assets/index-D4x2.js"
  std::string_view content_type;  ///< with its charset
  std::string_view etag;          ///< with its quotes; of the identity's content
  /// The path has a hash of the content in it: `Cache-Control: public, max-age=31536000,
  /// immutable`. Others are `no-cache`.
  bool is_immutable = false;
  std::string_view identity;
  std::string_view gzip;    ///< empty where it would not be shorter
  std::string_view brotli;  ///< empty where it would not be shorter
};

/// Sorted by path. Empty in a build without the page (-DWEMOL_WEB=OFF).
[[nodiscard]] std::span<const PageFile> page_files();

/// By the path below the base path; "" is index.html. Null when there is none.
[[nodiscard]] const PageFile* find_page_file(std::string_view path);

/// The Content-Security-Policy that index.html has to be served with. It allows no inline script,
/// no eval and no inline style.
[[nodiscard]] std::string_view page_security_policy();

}  // namespace wemol::hub
