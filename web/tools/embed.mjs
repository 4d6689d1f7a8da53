/** node embed.mjs DIST OUT: makes of the built page OUT/page_data.bin, all bytes one behind the other, each file as it
 *  is and compressed by gzip and brotli, and OUT/page_data.cpp, the table over them. */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { extname, join, relative, resolve } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { contentSecurityPolicy, contentTypes } from './page-headers.mjs';

const [dist, out] = process.argv.slice(2).map((path) => resolve(path));
const chunks = [];
let size = 0;

/** Where the bytes lie; nothing where they would not be the shorter ones. */
function place(bytes, longest = Infinity) {
  if (bytes.length >= longest) {
    return '{}';
  }
  const text = `{kBytes + ${size}, ${bytes.length}}`;
  chunks.push(bytes);
  size += bytes.length;
  return text;
}

function entry(file) {
  const path = relative(dist, file).replaceAll('\\', '/');
  const type = contentTypes[extname(file)];
  if (type === undefined || !/^[A-Za-z0-9_./-]+$/.test(path)) {
    throw new Error(`no content type is known for ${path}`);
  }
  const bytes = readFileSync(file);
  const etag = createHash('sha256').update(bytes).digest('base64url').slice(0, 22);
  const brotli = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } });
  const gzip = gzipSync(bytes, { level: 9 });
  // Vite puts a hash of the content into the names below assets/.
  const immutable = path.startsWith('assets/');
  return `    {"${path}", "${type}", "\\"${etag}\\"", ${immutable}, ${place(bytes)},\n     ${place(gzip, bytes.length)}, ${place(brotli, bytes.length)}},`;
}

const files = readdirSync(dist, { recursive: true, withFileTypes: true })
  .filter((found) => found.isFile())
  .map((found) => join(found.parentPath ?? found.path, found.name))
  // Vite's own list of what it built.
  .filter((file) => !relative(dist, file).startsWith('.vite'))
  .sort();
const entries = files.map(entry);
const data = Buffer.concat(chunks);
mkdirSync(out, { recursive: true });
writeFileSync(join(out, 'page_data.bin'), data);
writeFileSync(
  join(out, 'page_data.cpp'),
  `// Made by web/tools/embed.mjs. sha256 of page_data.bin: ${createHash('sha256').update(data).digest('hex')}
#include "page_files.h"

asm(R"(
.section .rodata
.balign 16
.globl wemol_page_bytes
.hidden wemol_page_bytes
wemol_page_bytes:
.incbin "${join(out, 'page_data.bin')}"
.previous
)");

extern "C" const char wemol_page_bytes[] __attribute__((visibility("hidden")));

namespace wemol::hub {
namespace {

const char* const kBytes = wemol_page_bytes;

// Sorted by path.
const PageFile kFiles[] = {
${entries.join('\n')}
};

}  // namespace

std::span<const PageFile> page_files() {
  return kFiles;
}

std::string_view page_security_policy() {
  return "${contentSecurityPolicy}";
}

}  // namespace wemol::hub
`,
);
console.log(`${files.length} files, ${data.length} bytes`);
