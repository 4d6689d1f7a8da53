# Run by cpack on the files that it is about to pack.
# Components have a folder each.
file(GLOB roots "${CPACK_TEMPORARY_DIRECTORY}" "${CPACK_TEMPORARY_DIRECTORY}/*")
foreach(root IN LISTS roots)
  file(GLOB found "${root}/usr/share/man/*/*.[1-9]" "${root}/usr/share/doc/*/changelog*")
  list(APPEND documents ${found})
endforeach()
execute_process(COMMAND gzip -9n ${documents} COMMAND_ERROR_IS_FATAL ANY)
