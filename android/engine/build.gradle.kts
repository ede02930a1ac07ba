plugins {
    kotlin("jvm")
}

kotlin {
    jvmToolchain(17)
    // What `cargo xtask android` wrote from the library.
    sourceSets["main"].kotlin.srcDir("target/generated-sources/uniffi")
}

dependencies {
    api(project(":api"))
    // The app brings JNA along as an archive for Android.
    compileOnly("net.java.dev.jna:jna:${rootProject.extra["jna"]}")
}
