# `cmake --install`: headers, library, the CMake package `goro` (target goro::goro) and `goro.pc`.
# The installed tree can be moved: nothing in it names its prefix.
include(CMakePackageConfigHelpers)

set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/goro")
set(pkgconfig_dir "${CMAKE_INSTALL_LIBDIR}/pkgconfig")

list(TRANSFORM GORO_COMPONENTS PREPEND goro_lib_ OUTPUT_VARIABLE component_libraries)
install(TARGETS goro ${component_libraries} EXPORT goro ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}"
                                 LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}")
install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/goro" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
        FILES_MATCHING PATTERN "*.hpp")
install(EXPORT goro NAMESPACE goro:: FILE goro-targets.cmake DESTINATION "${package_dir}")

configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/goro-config.cmake.in"
                              "${PROJECT_BINARY_DIR}/package/goro-config.cmake" INSTALL_DESTINATION "${package_dir}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/package/goro-config-version.cmake"
                                 COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/package/goro-config.cmake" "${PROJECT_BINARY_DIR}/package/goro-config-version.cmake"
        DESTINATION "${package_dir}")

# pkg-config. A static library must carry what it is linked with, since plain `--libs` leaves Libs.private out.
string(REGEX REPLACE "[^/]+" ".." prefix_from_pc "${pkgconfig_dir}")
list(JOIN GORO_SANITIZE " " pc_cflags)
set(pc_libs "${pc_cflags} -pthread")
if(NOT BUILD_SHARED_LIBS)
  string(APPEND pc_libs " -Wl,--undefined=goro_diag_anchor -Wl,-z,nodelete")
  if(GORO_HAVE_BACKTRACE)
    string(APPEND pc_libs " -lbacktrace")
  endif()
endif()
configure_file("${PROJECT_SOURCE_DIR}/cmake/goro.pc.in" "${PROJECT_BINARY_DIR}/package/goro.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/package/goro.pc" DESTINATION "${pkgconfig_dir}")
foreach(component IN LISTS GORO_COMPONENTS)
  get_target_property(component_requires goro_lib_${component} LINK_LIBRARIES)  # goro, or goro::net
  string(REPLACE "::" "-" component_requires "${component_requires}")
  configure_file("${PROJECT_SOURCE_DIR}/cmake/goro-component.pc.in" "${PROJECT_BINARY_DIR}/package/goro-${component}.pc"
                 @ONLY)
  install(FILES "${PROJECT_BINARY_DIR}/package/goro-${component}.pc" DESTINATION "${pkgconfig_dir}")
endforeach()
