wemol_gtest_program(queue queue_files_tests
  SOURCES
    block_change_test.cpp
    command_file_test.cpp
    config_file_test.cpp
    expand_test.cpp
    history_file_test.cpp
    state_file_test.cpp
    uni_id_file_test.cpp
  USES wemol_queue_files wemol_base fmt::fmt nlohmann_json::nlohmann_json)
target_compile_definitions(queue_files_tests PRIVATE
  WEMOL_FIXTURES="${PROJECT_SOURCE_DIR}/tests/fixtures" WEMOL_PROJECT_DIR="${PROJECT_SOURCE_DIR}")
