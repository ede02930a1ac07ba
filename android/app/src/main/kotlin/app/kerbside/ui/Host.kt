package app.kerbside.ui

import app.kerbside.nav.Route

/** What a screen asks of the activity it is in. Answers go to the view models: they outlive the activity, callbacks do not. */
interface Host {
    /** Whether the camera may be used, and whether the system would ask for it. */
    val camera: CameraPermission

    fun go(route: Route)

    fun back()

    /** Lets the person pick a photo; needs no permission. */
    fun pickPhoto()

    /** Lets the person pick a calendar file. */
    fun pickCalendar()

    /** Lets the person pick a model pack or adapter. */
    fun pickPack()

    /** Lets the person say where the plan is to be written. */
    fun saveCalendar()

    fun askForCamera()

    fun askForNotifications()

    /** The system's page about this app, where permissions are given back. */
    fun openAppSettings()

    /** Opens an address, telephone number or place in another app: this one has no network. */
    fun openLink(uri: String)
}

data class CameraPermission(val allowed: Boolean, val mayAsk: Boolean)
