# Builds the page: `npm ci` into web/node_modules once for all presets, then Vite into the build tree.
find_program(WEMOL_NODE NAMES node nodejs)
find_program(WEMOL_NPM npm)
mark_as_advanced(WEMOL_NODE WEMOL_NPM)
# Who builds the recorder alone needs no Node, so it is missed when the page is built, not before.
set(WEMOL_NODE_FAULT "")
if(NOT WEMOL_NODE OR NOT WEMOL_NPM)
  set(WEMOL_NODE_FAULT "Node or npm is missing")
else()
  execute_process(COMMAND ${WEMOL_NODE} --version OUTPUT_VARIABLE node_version OUTPUT_STRIP_TRAILING_WHITESPACE)
  if(NOT node_version MATCHES "^v([0-9.]+)" OR CMAKE_MATCH_1 VERSION_LESS 18.18)
    set(WEMOL_NODE_FAULT "${WEMOL_NODE} is ${node_version}, which is older than 18.18")
  endif()
endif()

# Makes OUT/page_data.cpp and OUT/page_data.bin; `web` is the target that makes them alone.
function(wemol_web_build out)
  set(web ${PROJECT_SOURCE_DIR}/web)
  set(outputs ${out}/page_data.cpp ${out}/page_data.bin)
  if(WEMOL_NODE_FAULT)
    add_custom_command(OUTPUT ${outputs}
      COMMAND ${CMAKE_COMMAND} -E echo "${WEMOL_NODE_FAULT}: apt-get install nodejs npm, or -DWEMOL_WEB=OFF"
      COMMAND ${CMAKE_COMMAND} -E false
      COMMENT "Building the hub's page" VERBATIM)
    add_custom_target(web DEPENDS ${outputs})
    return()
  endif()
  set(installed ${web}/node_modules/.package-lock.json)
  # Other presets may want to install at the same moment.
  add_custom_command(OUTPUT ${installed}
    COMMAND flock ${web}/package-lock.json ${web}/tools/install
    DEPENDS ${web}/package.json ${web}/package-lock.json
    COMMENT "Installing what the page is built with (npm ci)" VERBATIM)

  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${web}/src/* ${web}/public/*)
  add_custom_command(OUTPUT ${outputs}
    COMMAND ${CMAKE_COMMAND} -E env WEMOL_WEB_OUT=${out}/dist
            ${WEMOL_NODE} node_modules/vite/bin/vite.js build --logLevel warn
    COMMAND ${WEMOL_NODE} tools/embed.mjs ${out}/dist ${out}
    WORKING_DIRECTORY ${web}
    DEPENDS ${installed} ${sources} ${web}/index.html ${web}/vite.config.ts
            ${web}/tools/embed.mjs ${web}/tools/page-headers.mjs
    COMMENT "Building the hub's page" VERBATIM)
  add_custom_target(web DEPENDS ${outputs})
endfunction()
