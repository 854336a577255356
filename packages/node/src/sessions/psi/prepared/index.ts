export { endPrepared, preparedOf } from './end.ts'
export { prepareIntersection, tendPrepared } from './prepare.ts'
export { openPrepared, type Prepared } from './terms.ts'
