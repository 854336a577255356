#!/usr/bin/env node
import '@drempel/node/main'
