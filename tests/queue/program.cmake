# The program as it is, with a script in place of nvidia-smi, each class of tests by itself: they mostly wait.
find_package(Python3 COMPONENTS Interpreter)
# queue_programs(FILE NAME...): the ctest entries queue.NAME for the classes of that name.
function(queue_programs file)
  foreach(name IN LISTS ARGN)
    add_test(NAME queue.${name} COMMAND Python3::Interpreter -B ${CMAKE_CURRENT_SOURCE_DIR}/${file} ${name})
    set_tests_properties(queue.${name} PROPERTIES LABELS queue COST 20 ENVIRONMENT
      "WEMOL_QUEUE=$<TARGET_FILE:wemol-queue>;WEMOL_FAKE_NVML=$<TARGET_FILE:fake_nvml>;WEMOL_COMPLETIONS=${PROJECT_SOURCE_DIR}/completions")
  endforeach()
endfunction()

if(Python3_Interpreter_FOUND)
  queue_programs(queue_example_test.py Example)
  queue_programs(queue_jobs_test.py Running Cards Ending)
  queue_programs(queue_commands_test.py Commands Files Usage)
  queue_programs(queue_completion_test.py Completion)
  queue_programs(queue_faults_test.py Chaos TwoUsers)
  queue_programs(queue_heavy_jobs_test.py HeavyJobs)
  queue_programs(queue_mig_test.py Mig)
endif()
