wemol_gtest_program(queue queue_control_tests
  SOURCES
    control_server_test.cpp
    request_test.cpp
    shown_jobs_test.cpp
    status_document_test.cpp
    status_json_test.cpp
  USES wemol_queue_control wemol_report_output wemol_os wemol_base fmt::fmt nlohmann_json::nlohmann_json)
