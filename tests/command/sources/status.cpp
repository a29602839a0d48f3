#include <csignal>
#include <cstdlib>
int main(int argc, char** argv) { return argc > 1 ? std::raise(std::atoi(argv[1])) : 7; }
