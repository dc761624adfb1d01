# cmake -DSOURCE=tests/oracle -DTARGET=build/<preset>/tests/oracle -P install.cmake
# Puts the pinned node-seal into TARGET/node_modules; does nothing when it is there already.

find_program(NODE node)
find_program(NPM npm)
if(NOT NODE)
  message(FATAL_ERROR "The oracle tests need Node 18 or later on PATH: apt-get install nodejs npm")
endif()
execute_process(COMMAND ${NODE} --version OUTPUT_VARIABLE version OUTPUT_STRIP_TRAILING_WHITESPACE)
string(REGEX REPLACE "^v" "" version "${version}")
if(version VERSION_LESS 18)
  message(FATAL_ERROR "The oracle tests need Node 18 or later; ${NODE} is ${version}")
endif()

# Written last, so that an interrupted installation counts as none.
file(SHA256 ${SOURCE}/package-lock.json wanted)
set(stamp ${TARGET}/node_modules/.salus-installed)
if(EXISTS ${stamp})
  file(READ ${stamp} installed)
  if(installed STREQUAL wanted)
    message(STATUS "node-seal is installed")
    return()
  endif()
endif()

if(NOT NPM)
  message(FATAL_ERROR "node-seal is not installed in ${TARGET} and npm is not on PATH: "
    "apt-get install npm")
endif()
file(MAKE_DIRECTORY ${TARGET})
file(COPY ${SOURCE}/package.json ${SOURCE}/package-lock.json DESTINATION ${TARGET})
execute_process(COMMAND ${NPM} ci --prefer-offline --ignore-scripts --no-audit --no-fund
  WORKING_DIRECTORY ${TARGET} RESULT_VARIABLE code OUTPUT_VARIABLE log ERROR_VARIABLE log)
if(NOT code EQUAL 0)
  message(FATAL_ERROR "npm ci could not install node-seal, which the oracle tests cannot do "
    "without; is the npm registry reachable?\n${log}")
endif()
file(WRITE ${stamp} ${wanted})
