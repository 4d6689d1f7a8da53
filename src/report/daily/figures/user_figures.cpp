#include "user_figures.h"

#include <algorithm>
#include <map>

namespace wemol::report::daily {
namespace {

void add_card(const std::string& node, const CardFigures& card,
              std::map<std::string, UserFigures>& users) {
  for (const std::string& user : card.users.value_or(std::vector<std::string>{})) {
    UserFigures& figures = users[user];
    figures.user = user;
    figures.cards.emplace(node, card.index);
    const auto held = std::ranges::find(card.held, user, &HeldTime::user);
    if (held == card.held.end()) {
      figures.has_all_hours = false;
      continue;
    }
    figures.gpu_hours += held->hours;
    figures.idle_gpu_hours += held->idle_hours;
    figures.utilization.add(held->utilization);
  }
}

}  // namespace

std::vector<UserFigures> user_figures(const std::vector<NodeFigures>& nodes) {
  std::map<std::string, UserFigures> users;
  for (const NodeFigures& node : nodes) {
    for (const CardFigures& card : node.cards) {
      add_card(node.node, card, users);
    }
  }
  std::vector<UserFigures> figures;
  figures.reserve(users.size());
  for (auto& [user, of_user] : users) {
    figures.push_back(std::move(of_user));
  }
  std::ranges::stable_sort(figures, [](const UserFigures& left, const UserFigures& right) {
    return left.gpu_hours > right.gpu_hours;
  });
  return figures;
}

}  // namespace wemol::report::daily
