#include "figure_row.h"

#include "decimal.h"
#include "packed.h"

namespace wemol::hub {
namespace {

constexpr std::int64_t kBase = 10;

void pack_number(double number, Packer& packer) {
  const double kept = keepable(number);
  const DecimalScale scale = DecimalScale::for_size(std::abs(kept));
  std::int64_t units = scale.units(kept);
  int exponent = scale.exponent();
  while (units != 0 && units % kBase == 0) {
    units /= kBase;
    ++exponent;
  }
  packer.signed_number(units == 0 ? 0 : exponent);
  packer.signed_number(units);
}

double unpack_number(Unpacker& unpacker) {
  constexpr std::int64_t kFurthest = 60;
  const std::int64_t exponent = unpacker.signed_number();
  const std::int64_t units = unpacker.signed_number();
  if (exponent < -kFurthest || exponent > kFurthest) {
    unpacker.fail();
    return 0;
  }
  return DecimalScale(static_cast<int>(exponent)).number(units);
}

}  // namespace

// Entity after entity: its name, how many figures, and of each how much its metric's number is
// greater than that before it.

std::string pack_row(const RowFigures& figures) {
  Packer packer;
  for (std::size_t begin = 0; begin < figures.size();) {
    const std::string& entity = figures[begin].first.entity;
    std::size_t end = begin;
    while (end < figures.size() && figures[end].first.entity == entity) {
      ++end;
    }
    packer.text(entity);
    packer.number(end - begin);
    std::uint32_t before = 0;
    for (; begin < end; ++begin) {
      const auto& [key, value] = figures[begin];
      packer.number(key.metric - before);
      before = key.metric;
      pack_number(value, packer);
    }
  }
  return packer.take();
}

Result<RowFigures> unpack_row(std::string_view bytes) {
  Unpacker unpacker(bytes);
  RowFigures figures;
  while (!unpacker.is_at_end()) {
    const std::string entity(unpacker.text());
    const std::uint64_t count = unpacker.number();
    std::uint32_t metric = 0;
    for (std::uint64_t i = 0; i < count && !unpacker.failed(); ++i) {
      metric += static_cast<std::uint32_t>(unpacker.number());
      const double number = unpack_number(unpacker);
      figures.push_back({{entity, metric}, number});
    }
    if (unpacker.failed()) {
      return failure("a report in the journal is damaged");
    }
  }
  return figures;
}

}  // namespace wemol::hub
