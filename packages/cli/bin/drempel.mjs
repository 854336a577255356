#!/usr/bin/env node
import '@drempel/cli/main'
