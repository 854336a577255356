/**
 * One sum of many points times public scalars (Pippenger's buckets, with signed digits): every
 * lane has buckets of its own, sums its share of the points, and the lanes are added at the end.
 */

import {
  type FunctionBuilder,
  type I32,
  i32,
  i32const,
  type Local,
  load,
  load8s,
  type V128,
  v128,
} from '../assembler.ts'
import { type Addr, at } from '../field/field.ts'
import { negateCached } from './digits.ts'
import { type Machine, pointer } from './machine.ts'
import { cachedAt, type Points } from './points.ts'

/** (out, points, groups, digits, bits, windows, scratch) */
export function writeMsm(machine: Machine, points: Points, exportAs: string): void {
  const { pointBytes, field } = machine
  const total = machine.temporaryPoint()
  const bucketDigit = writeBucketDigit(machine, points)
  const sumBuckets = writeSumBuckets(machine, points, total)
  const addLanes = writeAddLanes(machine, points)
  machine.function(
    7,
    (f, [out, p, groups, digits, bits, windows, scratch]) => {
      const buckets = f.local('i32', i32.add(scratch!, i32.mul(groups!, i32const(pointBytes))))
      const bucketCount = f.local('i32', i32.shl(i32const(1), i32.sub(bits!, i32const(1))))
      const [cached, count, digit] = [
        f.local('i32', scratch!),
        f.local('i32', groups!),
        f.local('i32'),
      ]
      machine.forGroups(
        f,
        count,
        [
          [p!, pointBytes],
          [cached, pointBytes],
        ],
        () => points.cache(f, at(cached), at(p!)),
      )
      points.setIdentity(f, at(out!))
      f.loopWhile(windows!, () => {
        f.set(windows!, i32.sub(windows!, i32const(1)))
        f.set(count, bits!)
        machine.forGroups(f, count, [], () => points.double(f, at(out!), at(out!)))
        f.set(count, bucketCount)
        f.set(cached, buckets)
        machine.forGroups(f, count, [[cached, pointBytes]], () => points.setIdentity(f, at(cached)))
        f.set(count, groups!)
        f.set(cached, scratch!)
        f.set(digit, i32.mul(windows!, i32.mul(groups!, i32const(field.lanes))))
        f.set(digit, i32.add(digit, digits!))
        machine.forGroups(
          f,
          count,
          [
            [cached, pointBytes],
            [digit, field.lanes],
          ],
          () => f.call(bucketDigit, buckets, cached, digit),
        )
        f.call(sumBuckets, buckets, bucketCount)
        points.cache(f, total, total)
        points.add(f, at(out!), at(out!), total)
      })
      f.call(addLanes, out!)
    },
    exportAs,
  )
}

/** (buckets, cached, digits): each lane adds or subtracts its point in the bucket of its digit. */
function writeBucketDigit(machine: Machine, points: Points): FunctionBuilder {
  const { field, pointBytes } = machine
  const laneBytes = 16 / field.lanes
  const bucket = machine.temporaryPoint()
  const addend = machine.temporaryPoint()
  const unused = machine.temporaryPoint()
  return machine.function(3, (f, [buckets, cached, digits]) => {
    const negatives: I32[] = []
    const places: Local<'i32'>[] = []
    for (let lane = 0; lane < field.lanes; lane++) {
      const digit = f.local('i32', load8s(digits!, lane))
      const negative = f.local('i32', i32.shrS(digit, i32const(31)))
      negatives.push(negative)
      const index = i32.sub(i32.sub(i32.xor(digit, negative), negative), i32const(1))
      const place = f.local('i32', i32.add(buckets!, i32.mul(index, i32const(pointBytes))))
      f.ifPublic(i32.eqz(digit), () => f.set(place, pointer(unused)))
      places.push(place)
    }
    for (let word = 0; word < pointBytes; word += 16) {
      const value = places
        .slice(1)
        .reduce(
          (gathered: V128, place, i) =>
            machine.loadLane(place, gathered, i + 1, word + (i + 1) * laneBytes),
          load('v128', places[0]!, word),
        )
      f.store(bucket.base, value, bucket.offset + word)
    }
    machine.copyPoint(f, addend, at(cached!))
    negateCached(machine, f, cachedAt(machine, addend), f.local('v128', field.fromLanes(negatives)))
    points.add(f, bucket, bucket, addend)
    for (let word = 0; word < pointBytes; word += 16) {
      const value = f.local('v128', load('v128', bucket.base, bucket.offset + word))
      for (const [lane, place] of places.entries()) {
        machine.storeLane(f, place, value, lane, word + lane * laneBytes)
      }
    }
  })
}

/** (buckets, count): the sum over i of i · bucket i into `total`, from the highest down. */
function writeSumBuckets(machine: Machine, points: Points, total: Addr): FunctionBuilder {
  const [running, cached] = [machine.temporaryPoint(), machine.temporaryPoint()]
  return machine.function(2, (f, [buckets, count]) => {
    const bucket = f.local('i32', i32.mul(count!, i32const(machine.pointBytes)))
    f.set(bucket, i32.add(bucket, buckets!))
    points.setIdentity(f, running)
    points.setIdentity(f, total)
    machine.forGroups(f, count!, [], () => {
      f.set(bucket, i32.sub(bucket, i32const(machine.pointBytes)))
      points.cache(f, cached, at(bucket))
      points.add(f, running, running, cached)
      points.cache(f, cached, running)
      points.add(f, total, total, cached)
    })
  })
}

/** (p): the sum of all lanes into every lane. */
function writeAddLanes(machine: Machine, points: Points): FunctionBuilder {
  const rotated = machine.temporaryPoint()
  return machine.function(1, (f, [p]) => {
    for (let bytes = 8; bytes >= 16 / machine.field.lanes; bytes /= 2) {
      const order = Array.from({ length: 16 }, (_, i) => (i + bytes) % 16)
      for (let word = 0; word < machine.pointBytes; word += 16) {
        const value = f.local('v128', load('v128', p!, word))
        f.store(rotated.base, v128.shuffle(value, value, order), rotated.offset + word)
      }
      points.cache(f, rotated, rotated)
      points.add(f, at(p!), at(p!), rotated)
    }
  })
}
