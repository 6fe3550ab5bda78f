// Functions of glibc that its headers show to GNU sources alone, which Swift's module of it is none of.
#pragma once
#include <spawn.h>

// Since glibc 2.34: the child closes all descriptors from this one on.
int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);
// Since glibc 2.29: the child begins in this folder.
int posix_spawn_file_actions_addchdir_np(posix_spawn_file_actions_t *actions, const char *path);
// Since glibc 2.27: a file in memory alone.
int memfd_create(const char *name, unsigned int flags);
