#include "titles.h"

namespace wemol::report::daily {
namespace {

constexpr Words kChinese{.card_header = "時間戳,日期時間,GPU使用率(%),VRAM使用率(%)",
                         .average_header = "GPU編號,平均GPU使用率(%),平均VRAM使用率(%),使用者",
                         .all_cards = "全部平均",
                         .all_users = "所有使用者",
                         .nobody = "未使用",
                         .unknown_user = "未知",
                         .title = " 與 VRAM 每日使用率統計",
                         .date = "日期",
                         .node = "節點",
                         .hardware = "GPU 硬體對應表",
                         .card = "Card",
                         .tasks = "GPU 使用者任務資訊",
                         .tasks_of_node = "GPU 任務資訊",
                         .model = "GPU 型號",
                         .memory = "GPU 記憶體",
                         .type = "任務類型",
                         .project = "專案 UUID",
                         .image = "映像檔",
                         .begin = "開始時間",
                         .end = "結束時間",
                         .running = "狀態: 執行中",
                         .duration = "使用時長",
                         .seconds = "秒",
                         .uuid = "GPU UUID",
                         .use = "各 GPU 使用率與 VRAM 使用率",
                         .utilization = "GPU使用率",
                         .memory_use = "VRAM使用率",
                         .user = "使用者",
                         .mean_utilization = "整體平均 GPU 使用率",
                         .mean_memory = "整體平均 VRAM 使用率",
                         .completeness = "資料完整度",
                         .missing = "未取得"};

constexpr Words kEnglish{
    .card_header = "epoch,time,GPU utilization (%),VRAM utilization (%)",
    .average_header = "GPU,mean GPU utilization (%),mean VRAM utilization (%),user",
    .all_cards = "all GPUs",
    .all_users = "all users",
    .nobody = "unused",
    .unknown_user = "unknown",
    .title = " and VRAM: use of the day",
    .date = "Date",
    .node = "Node",
    .hardware = "GPU hardware",
    .card = "Card",
    .tasks = "Tasks of the GPUs' users",
    .tasks_of_node = "GPU tasks",
    .model = "GPU model",
    .memory = "GPU memory",
    .type = "Task type",
    .project = "Project UUID",
    .image = "Image",
    .begin = "Began",
    .end = "Ended",
    .running = "State: running",
    .duration = "Duration",
    .seconds = "seconds",
    .uuid = "GPU UUID",
    .use = "GPU and VRAM utilization of each GPU",
    .utilization = "GPU utilization",
    .memory_use = "VRAM utilization",
    .user = "user",
    .mean_utilization = "Mean GPU utilization",
    .mean_memory = "Mean VRAM utilization",
    .completeness = "Data completeness",
    .missing = "Missing"};

}  // namespace

const Words& words_of(Titles titles) {
  return titles == Titles::english ? kEnglish : kChinese;
}

std::string_view gpu_kind(Vendor vendor) {
  return vendor == Vendor::amd ? "AMD GPU" : "GPU";
}

}  // namespace wemol::report::daily
