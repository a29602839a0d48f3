# `cmake --install`: headers, library, CMake package goro (target goro::goro), pkg-config goro.
