export { endPrepared, preparedOf, tidyPrepared } from './end.ts'
export { maskWaiting, prepareIntersection } from './prepare.ts'
export { openPrepared, type Prepared } from './terms.ts'
