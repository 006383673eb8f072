/* A library with the calls of GM/T 0018 that the house makes; each goes to a function that the test has set. */
#include <stdint.h>
#include <stddef.h>

typedef unsigned int (*call)(void *, uintptr_t, void *, uintptr_t, void *);
static call calls[8];

void simulator_set(unsigned int index, call function) { calls[index] = function; }

static unsigned int made(unsigned int index, void *a, uintptr_t b, void *c, uintptr_t d, void *e) {
    return calls[index] ? calls[index](a, b, c, d, e) : 0x01000002u;
}

unsigned int SDF_OpenDevice(void **device) { return made(0, device, 0, NULL, 0, NULL); }
unsigned int SDF_CloseDevice(void *device) { return made(1, device, 0, NULL, 0, NULL); }
unsigned int SDF_OpenSession(void *device, void **session) { return made(2, device, 0, session, 0, NULL); }
unsigned int SDF_CloseSession(void *session) { return made(3, session, 0, NULL, 0, NULL); }
unsigned int SDF_GetPrivateKeyAccessRight(void *session, unsigned int index, char *password, unsigned int length) {
    return made(4, session, index, password, length, NULL);
}
unsigned int SDF_ReleasePrivateKeyAccessRight(void *session, unsigned int index) {
    return made(5, session, index, NULL, 0, NULL);
}
unsigned int SDF_ExportSignPublicKey_ECC(void *session, unsigned int index, void *key) {
    return made(6, session, index, NULL, 0, key);
}
unsigned int SDF_InternalSign_ECC(void *session, unsigned int index, void *data, unsigned int length, void *signature) {
    return made(7, session, index, data, length, signature);
}
