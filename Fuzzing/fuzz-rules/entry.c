// The entry for libFuzzer, which has a main of its own; in any other build, a program that runs files.
#include <stddef.h>
#include <stdint.h>

int nexo_fuzz_rules_run(const uint8_t *bytes, size_t count);
int nexo_fuzz_rules_replay(int count, char **arguments);

#ifdef NEXO_FUZZING
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) { return nexo_fuzz_rules_run(bytes, count); }
#else
int main(int count, char **arguments) { return nexo_fuzz_rules_replay(count, arguments); }
#endif
