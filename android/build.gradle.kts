plugins {
    id("com.android.application") version "8.13.0" apply false
    kotlin("android") version "2.4.21" apply false
    kotlin("jvm") version "2.4.21" apply false
}

// The versions are those of pom.xml: a test compares them.
extra["coroutines"] = "1.11.0"
extra["jna"] = "5.19.1"
