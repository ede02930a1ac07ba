plugins {
    id("com.android.application")
    kotlin("android")
}

kotlin { jvmToolchain(17) }

/** The rule packs and the model, as the app carries them. */
val bundled by tasks.registering(Sync::class) {
    into(layout.buildDirectory.dir("bundled"))
    from("../..") { include("rules/*/*/*.json") }
    from("../../models/kerbside-nano/pack") { into("pack") }
    includeEmptyDirs = false
}

android {
    namespace = "app.kerbside"
    compileSdk = 36

    defaultConfig {
        applicationId = "app.kerbside"
        minSdk = 26
        targetSdk = 36
        versionCode = 1
        versionName = "0.1.0"
        ndk { abiFilters += "arm64-v8a" }
    }

    sourceSets["main"].apply {
        assets.srcDir(bundled)
        // Where `cargo xtask android` puts what cargo-ndk built.
        jniLibs.srcDir("target/jniLibs")
    }

    androidResources {
        // The model is mapped from a file of its own anyway.
        noCompress += "safetensors"
        localeFilters += listOf("en", "de")
    }

    buildTypes {
        debug { isPseudoLocalesEnabled = true }
        release { isMinifyEnabled = false }
    }
}

dependencies {
    implementation(project(":api"))
    implementation(project(":engine"))
    implementation("org.jetbrains.kotlinx:kotlinx-coroutines-android:${rootProject.extra["coroutines"]}")
    // The archive for Android brings JNA's own native library along.
    implementation("net.java.dev.jna:jna:${rootProject.extra["jna"]}@aar")
}
