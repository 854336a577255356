/**
 * The exports of a group kernel. All parameters are i32; pointers are offsets in the module's own
 * memory (`memory`, which the caller grows; everything from heapBase() on is the caller's).
 * Points, tables and scratch are aligned to 16 bytes; encodings, digits and flags need not be.
 *
 * A group is `lanes()` elements side by side. Batches are whole groups: the caller fills up the
 * last one with anything valid. Points are internal and opaque: group i of a batch stands at
 * batch + i · pointBytes(). Encodings are 32 bytes an element, in order. `out` may be the very
 * pointer of an input batch, no other overlap is allowed.
 *
 * Digits: a scalar is the sum of digit[i] · 16^i with 64 signed bytes, -8 <= digit[i] <= 8.
 * Element e reads its digits at digits + e · stride: 64, or 0 for one scalar for all.
 *
 * | export | what it does |
 * | --- | --- |
 * | lanes() pointBytes() tableBytes() heapBase() | constants of the build |
 * | decode(out, encodings, groups, flags) | RFC 9496, 4.3.1; flags: one byte an element, 0 no canonical encoding (its point is the identity), 1 a point, 2 the identity |
 * | fromUniform(out, uniform, groups) | RFC 9496, 4.3.4: 64 bytes an element |
 * | encode(encodings, points, groups) | RFC 9496, 4.3.2 |
 * | doubleEncode(encodings, points, groups, scratch) | encodings of twice the points, one inversion for all; scratch: groups · 2 · pointBytes() |
 * | multiply(out, points, digits, groups, stride) | secret digits |
 * | fixedTable(table, point, scratch) | of the point in lane 0; table: tableBytes(), scratch: 512 · pointBytes() |
 * | fixedMultiply(out, table, digits, groups, stride) | secret digits |
 * | fixedMultiplyAdd(out, points, table, digits, groups, stride) | points + table · digits, secret digits |
 * | add(out, a, b, groups) subtract(out, a, b, groups) | group by group |
 * | straus(out, rows, q, digits, windows, groups, scratch) | sum over q rows (row i at rows + i · groups · pointBytes()) of row i times its scalar, whose 64 digits stand at digits + 64 i and are zero from `windows` on; public digits; out is no row; scratch: 8 · q · pointBytes() |
 * | msm(out, points, groups, digits, bits, windows, scratch) | the sum over all elements of scalar times point, into every lane of the one group at out; public scalars in radix 2^bits, 2 <= bits <= 8, signed bytes of magnitude 2^(bits-1) at most (+128 can't be written: digits of 8 bits are -128 to 127); digit w of element e is the byte at digits + w · groups · lanes() + e; scratch: (groups + 2^(bits-1)) · pointBytes() |
 *
 * Secret digits decide no branch and no address. Everything else may take a time that depends on
 * what is public: counts, windows, whether encodings are valid.
 */
